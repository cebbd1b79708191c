# SPDX-License-Identifier: GPL-2.0-or-later
"""Two queues beside one, with packets that arrive on two cores."""

import os

from filters import Edge25Gateway
from gateways import TEXTBOOK_QUEUE, Textbook, busy, popen_textbook, queue_port, silent_link
from report import Row
from traffic import INTERFACE, BenchError, Load, cores, inject_on_two

NEW = Load("new pairs", 1 << 28)
FIRSTS = 1 << 24, 2 << 24
WARMING = 3 << 24, 4 << 24
SECONDS, WARM = 1.0, 0.2
PREFIXES, REMEMBERED = 1_000, 1 << 21
SECOND = "dsl1"
ENOUGH = 4  # cores: two that receive, two that answer
MOST_ROUNDS = 3


class TwoLines(Edge25Gateway):
    """edge25 behind two interfaces, with so many queues."""

    def start(self):
        _second_line(self.namespace)
        super().start()

    def _cores(self, answering):
        return _answering()


class Textbooks(Textbook):
    """So many textbook programs behind two interfaces, with a queue each."""

    def __init__(self, queues):
        super().__init__()
        self._count = queues
        self._programs = []

    def start(self):
        _second_line(self.namespace)
        queue_port(self.namespace, count=self._count)
        for number in range(self._count):
            program = popen_textbook(self.namespace, TEXTBOOK_QUEUE + number)
            os.sched_setaffinity(program.pid, _answering())
            self._programs.append(program)

    def busy(self):
        return sum(busy(program.pid, program.pid) for program in self._programs)

    def ended(self):
        """What no textbook answers is gone: all that came."""
        return self.received()


def _second_line(namespace):
    namespace.ip([f"link add {SECOND} type veth peer name line2",
                  *silent_link(SECOND), *silent_link("line2")])


def _answering():
    return set(cores()[2:4] if len(cores()) >= ENOUGH else cores())


def two_queues(report, rounds, directory):
    """Answers of one queue, and of two, beside each other."""
    report.title("2a TWO QUEUES",
                 "New pairs as in 2, but they come in by two interfaces, each on a core of its own, "
                 "as fast as both can, on both sides. A machine with four cores answers on the "
                 "other two. With fewer, who answers shares the cores with who receives, and by the "
                 "clock the sum of both is what is measured; so there the answers of a second of "
                 "the threads' own processor time, times the threads, are what a core for each "
                 "would give. That tells what they take from each other, and nothing else. Textbook: "
                 "one program for each queue, which share nothing.")
    makers = {"edge25": lambda queues: TwoLines(directory, PREFIXES, REMEMBERED, queues=queues),
              "textbook": Textbooks}
    samples = {name: {1: [], 2: []} for name in makers}
    for _ in range(min(rounds, MOST_ROUNDS)):
        for name, make in makers.items():
            for queues, gathered in samples[name].items():
                with make(queues) as gateway:
                    gathered.append({**_measure(gateway), "queues": queues})
    report.answer("queues", _compare(report, samples["edge25"], ""))
    report.answer("queues.textbook", _compare(report, samples["textbook"], "textbook, "))


def _compare(report, samples, side):
    tables = [_table(report, samples, side + title, value) for title, value in (
        ("by the clock", lambda one: one["answers"] / one["seconds"]),
        ("a core for each thread",
         lambda one: one["queues"] * one["answered"] / one["busy"]))]
    _table(report, samples, f"{side}cores that the threads had", lambda one: one["busy"] / one["seconds"],
           digits=2)
    one, two = tables[0 if len(cores()) >= ENOUGH else 1]
    return two.ratios(one)


def _measure(gateway):
    inject_on_two(gateway.namespace, NEW, WARM, (INTERFACE, SECOND), WARMING)
    gateway.settle()
    before = gateway.received(), gateway.answered(), gateway.busy(), gateway.ended()
    injected = inject_on_two(gateway.namespace, NEW, SECONDS, (INTERFACE, SECOND), FIRSTS)
    gateway.settle()
    received, answered, busy, ended = (now - then for now, then in zip(
        (gateway.received(), gateway.answered(), gateway.busy(), gateway.ended()), before))
    if received != ended:
        raise BenchError(f"of {received} packets {received - ended} were neither answered nor "
                         "counted")
    return {"answered": answered, "answers": answered - max(one.held for one in injected),
            "received": received, "busy": busy,
            "seconds": sum(one.seconds for one in injected) / len(injected)}


def _table(report, samples, title, value, digits=0):
    rows = [Row.of("one queue" if queues == 1 else "two queues", gathered, value)
            for queues, gathered in samples.items()]
    report.table(title, "answers/s" if not digits else "", rows, ["one queue"], digits)
    return rows
