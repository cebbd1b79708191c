# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways with edge25 in them, as people run it, and with a textbook program in its place."""

import ipaddress
import itertools
import os
import pathlib

from lab.edge25 import CONTROL, ENGINE, Edge25
from lab.host import LabError

from counters import read_counters
from gateways import Gateway, busy
from traffic import prefer, processors

EDGE25_QUEUE = 2500       # queue-first
# What answers set and clear in a question's mark: daemon/common/mark.h
QUESTION_TO_REFUSE = 1 << 31, 0
QUESTION_TO_PASS = 1 << 31, 1 << 30

_serial = itertools.count(1000)


class Edge25Gateway(Gateway):
    """edge25 as people run it: edge25d, with its whole table."""

    name = "edge25"
    CONFIGURATION = """\
queues = {queues}
queue-first = {queue}
remember-pairs = {pairs}
remember-for = 30m
queue-rate = 10000000
policy "home" {{ {line} }}
policy "looked" {{ mode = {others}  deny = drop }}
range "subscribers" {{ prefixes = {{ "100.64.0.0/16", "2001:db8:1::/48" }}  policy = "home" }}
range "others" {{ prefix-file = "{prefixes}"  policy = "looked" }}
allow "relay" {{ to = {{ "203.0.113.25", "2001:db8:f::25" }}  comment = "our relay" }}
allow "servers" {{ from = {{ "100.65.0.0/28" }}  comment = "customers with servers" }}
"""

    SCREEN = "entered", "left"  # counters of count_screen()

    def __init__(self, directory, prefixes, pairs, *, name=None, settings="",
                 line="mode = block  deny = drop  pace = 0", others="monitor", queues=1):
        """prefixes: how many there are; pairs: how many can be remembered; name: if there are
        several; settings: lines of configuration; line: the policy of the sources; others: the mode
        of a policy that no packet meets."""
        super().__init__()
        self.name = name or self.name
        self._settings = settings
        self._line = line
        self._others = others
        self._queues = queues
        self._directory = pathlib.Path(directory) / str(next(_serial))
        self._prefixes = prefixes
        self._pairs = pairs
        self.daemon = None

    def start(self):
        self._directory.mkdir()
        path = self._directory / "prefixes"
        path.write_text(make_prefixes(self._prefixes), encoding="ascii")
        self.daemon = Edge25(self.namespace, self._directory / "edge25", self._configuration(path))
        self.daemon.start()
        self._place()

    def _configuration(self, prefixes):
        return self._settings + self.CONFIGURATION.format(
            queue=EDGE25_QUEUE, queues=self._queues, pairs=self._pairs, prefixes=prefixes,
            line=self._line, others=self._others)

    def stop(self):
        if self.daemon:
            self.daemon.stop()

    def counters(self):
        return read_counters(self.namespace, "edge25")

    def refused(self):
        """Packets that were refused, remembered or not."""
        return self.counters()["refused_home"]

    def asked(self):
        """Packets that user space was to answer, or was to be told about (check-sources)."""
        counters = self.counters()
        return counters["asked_home"] + counters["untrue_home"]

    def answered(self):
        """Packets that user space answered."""
        counters = self.counters()
        return counters["answered_refuse_home"] + counters["answered_pass_home"]

    def ended(self):
        """Packets of which the kernel says that they were refused or let pass."""
        counters = self.counters()
        return counters["refused_home"] + counters.get("passed_home", 0)

    def count_screen(self):
        """Count what enters chain screen and what comes to the chain behind it without a question.
        edge25d ends for that: as long as it runs, the table is its own."""
        self.daemon.stop()
        entered, left = self.SCREEN
        self.nft(f"add counter inet edge25 {entered}\nadd counter inet edge25 {left}\n"
                  f"insert rule inet edge25 screen counter name {entered}\n"
                  f"insert rule inet edge25 remember meta mark & 0xff000000 == 0 counter name {left}\n")

    def busy(self):
        """Processor time of the threads that answer, in seconds."""
        return sum(busy(self.daemon.pid(ENGINE), thread) for thread in self._queue_threads())

    def _queue_threads(self):
        found = [int(task.name)
                 for task in pathlib.Path(f"/proc/{self.daemon.pid(ENGINE)}/task").iterdir()
                 if (task / "comm").read_text().startswith("queue")]
        if len(found) != self._queues:
            raise LabError(f"the engine has {len(found)} queue threads")
        return sorted(found)

    def _place(self):
        """A thread that answers alone has a core for itself, like the textbook's; what else edge25
        does is elsewhere."""
        _, answering, rest = processors()
        for pid in (self.daemon.pid(), self.daemon.pid(ENGINE), self.daemon.pid(CONTROL)):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), rest)
        for thread in self._queue_threads():
            os.sched_setaffinity(thread, self._cores(answering))
            prefer(thread)

    def _cores(self, answering):
        return {answering}


class TextbookBehindEdge25(Edge25Gateway):
    """edge25's table and the textbook program in the engine's place: the kernel does the same."""

    name = "textbook, edge25's table"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._program = None

    def start(self):
        super().start()
        self.daemon.stop()  # the table stays
        self._program = self.popen_textbook(EDGE25_QUEUE, *QUESTION_TO_REFUSE)

    def busy(self):
        return busy(self._program.pid, self._program.pid)


def make_prefixes(count):
    """Every other /29 of 10.0.0.0/8, so that none becomes one with its neighbour."""
    first = ipaddress.ip_address("10.0.0.0")
    return "".join(f"{first + number * 16}/29\n" for number in range(count))
