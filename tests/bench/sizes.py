# SPDX-License-Identifier: GPL-2.0-or-later
"""What grows with the number of prefixes: the time and memory to load them, the pause of
answers in a reload, a repair, a comparison with the kernel."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import threading
import time

from lab.edge25 import CONTROL, ENGINE, Edge25
from lab.host import LabError, wait_for

from counters import read_counters
from filters import Edge25Gateway, make_prefixes
from gateways import Gateway
from report import Row
from traffic import Load, generator

SIZES = (1_000, 10_000, 100_000, 1_000_000)
NEW = Load("new pairs", 1 << 28)
RATE = 1_000       # new pairs a second, a fraction of what one thread answers
PATIENCE = 300


class Sized(Edge25Gateway):
    """edge25 with so many prefixes, on a table that others can change."""

    CONFIGURATION = "own-table = no\nverify-interval = 0s\n" + Edge25Gateway.CONFIGURATION

    def __init__(self, directory, prefixes):
        super().__init__(directory, prefixes, 1 << 20)
        self.ready = 0.0

    def start(self):
        """As people start it; notes how long it takes until the table is in force."""
        self._directory.mkdir()
        self.write(self._prefixes)
        self.daemon = Edge25(self.namespace, self._directory / "edge25",
                             self._configuration(self._directory / "prefixes"))
        started = time.monotonic()
        self.daemon.start(healthy=False)
        wait_for(lambda: "plan: in force" in self.daemon.stderr(), "the plan to be in force",
                 PATIENCE)
        self.ready = time.monotonic() - started

    def write(self, count):
        """The file of prefixes."""
        (self._directory / "prefixes").write_text(make_prefixes(count), encoding="ascii")

    def memory(self, program):
        """The most that a program has had in memory so far, in MB."""
        status = pathlib.Path(f"/proc/{self.daemon.pid(program)}/status").read_text("ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


def sizes(report, rounds, directory):
    """Every figure of this file; a size is started once, and all is measured on it."""
    gathered = {size: _measure(directory, size, 1 if size >= 100_000 else min(rounds, 3))
                for size in SIZES}
    _report_load(report, gathered)
    _report_rest(report, gathered)


def _measure(directory, size, rounds):
    """All samples of one size: a list for each name."""
    samples = {}
    for _ in range(rounds):
        with Gateway() as gateway:
            seconds, memory = _nft(gateway.namespace, size)
        _note(samples, "nft", seconds)
        _note(samples, "nft memory", memory)
        with Sized(directory, size) as gateway:
            _note(samples, "ready", gateway.ready)
            _note(samples, "engine memory", gateway.memory(ENGINE))
            _note(samples, "control memory", gateway.memory(CONTROL))
            with asking(gateway) as ask:
                verdict = ask("ruleset.verify")  # comes when the first look has ended too
            if not verdict["matches"]:
                raise LabError(f"the table differs: {verdict['differences'][:3]}")
            _note(samples, "verify", verdict["milliseconds"])
            _note(samples, "quiet", 1000 * _longest_gap(gateway, lambda: time.sleep(1)))
            _reload(gateway, size, samples)
            _repair(gateway, samples)
    return samples


def _note(samples, name, value):
    samples.setdefault(name, []).append(value)


def _nft(namespace, size):
    """Seconds and MB of nft -f with a map of the same prefixes."""
    elements = make_prefixes(size).replace("\n", " : goto home,\n")
    text = ("table inet bench { chain home { }\nmap ranges { type ipv4_addr : verdict; "
            f"flags interval; elements = {{ {elements} }} }}; }}")
    started = time.monotonic()
    program = namespace.popen(["nft", "-f", "-"], stdin=subprocess.PIPE, text=True)
    with contextlib.suppress(BrokenPipeError):
        program.stdin.write(text)
    program.stdin.close()
    _, status, usage = os.wait4(program.pid, 0)
    program.returncode = status
    if status:
        raise LabError("nft did not load the prefixes")
    return time.monotonic() - started, usage.ru_maxrss / 1024


@contextlib.contextmanager
def asking(gateway):
    """A function that asks control, without a program in between and for as long as it takes."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(gateway.daemon.socket))
        file = connection.makefile("rw", encoding="utf-8")

        def ask(method, **params):
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            file.write(json.dumps(request) + "\n")
            file.flush()
            answer = json.loads(file.readline())
            if "result" not in answer:
                raise LabError(f"{method}: {answer}")
            return answer["result"]

        yield ask


def _longest_gap(gateway, during):
    """Seconds in which no new pair was answered though pairs came steadily, while during() ran."""
    done = threading.Event()
    seen = []

    def look():
        while not done.is_set():
            # named counters would not do: the kernel does not tell them during a transaction
            seen.append((time.monotonic(), sum(
                last - lost - held for _, _, held, _, _, _, lost, last, _ in gateway.queues())))
            time.sleep(0.0005)

    looking = threading.Thread(target=look)
    stream = threading.Thread(target=_stream, args=(gateway, done))
    looking.start()
    stream.start()
    try:
        wait_for(lambda: seen and seen[-1][1] > seen[0][1], "the first answers")
        time.sleep(0.2)
        begin = time.monotonic()
        during()
        end = time.monotonic()
        time.sleep(0.2)
    finally:
        done.set()
        looking.join()
        stream.join()
    changes = [now for (_, before), (now, after) in zip(seen, seen[1:]) if after > before]
    return max(b - a for a, b in zip(changes, changes[1:]) if b > begin and a < end)


def _stream(gateway, done):
    """One generator all the time, which is ended: the start of another one would be a gap."""
    first = int(time.monotonic() * 1000) << 12  # pairs that no stream before had
    with generator(gateway.namespace, NEW, rate=RATE, first=first):
        done.wait()


def _reload(gateway, size, samples):
    gateway.write(size - 1)
    taken = []

    def reload():
        started = time.monotonic()
        with asking(gateway) as ask:
            ask("reload")
        taken.append(time.monotonic() - started)

    _note(samples, "pause", 1000 * _longest_gap(gateway, reload))
    _note(samples, "reload", 1000 * taken[0])


def _repair(gateway, samples):
    """From the start of nft flush ruleset to the first rules, and to the whole table, in milliseconds."""
    before = gateway.daemon.stderr().count("the table is back")
    started = time.monotonic()
    gateway.namespace.run(["nft", "flush", "ruleset"])
    while "emergency" not in _counters(gateway):
        if time.monotonic() - started > PATIENCE:
            raise LabError("no emergency rule came")
    _note(samples, "emergency", 1000 * (time.monotonic() - started))
    wait_for(lambda: gateway.daemon.stderr().count("the table is back") > before,
             "the table to be back", PATIENCE)
    _note(samples, "back", 1000 * (time.monotonic() - started))


def _counters(gateway):
    try:
        return read_counters(gateway.namespace, "edge25")
    except (OSError, KeyError):
        return {}


def _report_load(report, gathered):
    report.title("11  LOADING PREFIXES",
                 "edge25: from the start of edge25d until the plan is in force, in a new namespace; "
                 "memory is the most that a process had until then. nft: nft -f with a map of the "
                 "same prefixes and a verdict each.")
    for size, samples in gathered.items():
        report.table(f"{size:,} prefixes, time", "ms", [
            Row(side, [1000 * value for value in samples[key]], samples[key])
            for side, key in (("nft -f", "nft"), ("edge25", "ready"))], ["nft -f"])
    for size, samples in gathered.items():
        report.table(f"{size:,} prefixes, memory", "MB", [
            Row(side, samples[key], samples[key]) for side, key in (
                ("nft -f", "nft memory"), ("edge25-engine", "engine memory"),
                ("edge25-control", "control memory"))], ["nft -f"])


def _report_rest(report, gathered):
    first = next(iter(gathered))
    for title, about, keys in (
            ("12  A RELOAD",
             f"{RATE:,} new pairs a second; the longest time in which none was answered: with "
             "nothing else, and while a reload takes a prefix away; and what the reload takes.",
             (("longest gap, no reload", "quiet"), ("longest gap, reload", "pause"),
              ("the reload", "reload"))),
            ("13  A REPAIR, AND A LOOK",
             "From the start of nft flush ruleset, the program's own time included, until the first rules refuse port 25, and until "
             "the whole table is back; and how long edge25ctl ruleset verify takes.",
             (("first rules", "emergency"), ("whole table", "back"), ("verify", "verify")))):
        report.title(title, about)
        for label, key in keys:
            length = min(len(samples[key]) for samples in gathered.values())
            report.table(label, "ms", [
                Row(f"{size:,} prefixes", samples[key][:length],
                    samples[key]) for size, samples in gathered.items()],
                [f"{first:,} prefixes"])
