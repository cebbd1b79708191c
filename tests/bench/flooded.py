# SPDX-License-Identifier: GPL-2.0-or-later
"""What a flood of refusals does to first, accepted connections."""

import contextlib
import itertools
import time

from connections import added
from lab.host import wait_for
from lines import Line, percentile
from report import Row
from traffic import Load, generator

COUNT, SLICES = 500, 2
SOURCES = 1 << 17
PREFIXES = 1_000
MOST_ROUNDS = 3
SETTINGS = f"remember-pairs = {2 * SOURCES}\ntally-hosts = {2 * SOURCES}"
BARE, QUIET = "no rules, no flood", "edge25, no flood"
AGAIN, NEW = "edge25, 131,072 pairs, again and again", "edge25, a new pair each"
FLOODS = {AGAIN: Load(AGAIN, SOURCES, most_sources=SOURCES),
          NEW: Load(NEW, 1 << 28, most_sources=SOURCES)}

_firsts = itertools.count(1 << 24, 1 << 24)


def flooded(report, rounds, directory):
    """First, accepted connections with nothing else, and in floods."""
    report.title("4  THE SAME IN A FLOOD OF REFUSALS",
                 "First, accepted connections of a subscriber, as before, while SYNs that are "
                 f"refused come in at another line, from {SOURCES:,} sources, as fast as one core "
                 "makes them; client and edge25 have what is left of the machine. The last kind "
                 "is beyond queue-rate, where the kernel lets an opening pass unasked.")
    samples = {name: [] for name in (BARE, QUIET, *FLOODS)}
    with (Line(directory, "no rules") as bare,
          Line(directory, "edge25", PREFIXES, subscribers=2, settings=SETTINGS) as line):
        rounds = min(rounds, MOST_ROUNDS)
        for _ in range(rounds):
            for name, gathered in samples.items():
                gathered.append(_measure(bare if name == BARE else line, FLOODS.get(name)))
    filtered = {name: gathered for name, gathered in samples.items() if name != BARE}
    rows = {share: _table(report, samples, f"connect(), p{share}", "us",
                          lambda one, share=share: percentile(one["ns"], share) / 1000, digits=1)
            for share in (50, 99)}
    _table(report, filtered, "the flood", "packets/s", lambda one: one["rate"])
    _table(report, filtered, "of the connections, answered by user space", "%",
           lambda one: 100 * one["answered"] / len(one["ns"]))
    again = _table(report, samples, "segments that were sent again", "in all",
                   lambda one: one["again"])
    for share, table in rows.items():
        report.answer(f"flooded.p{share}", added(table[AGAIN], table[BARE]))
    report.answer("flooded.again", [sum(row.values[number] for row in again.values())
                                    for number in range(rounds)])


def _measure(line, load):
    with _flood(line, load):
        before, again, started = line.counters(), line.sent_again(), time.monotonic()
        taken = [ns for _ in range(SLICES) for ns in line.connect_new(COUNT, cpu=1)]
        again, seconds = line.sent_again() - again, time.monotonic() - started
        grown = {name: value - before[name] for name, value in line.counters().items()}
    return {"ns": taken, "again": again, "seconds": seconds,
            "rate": grown.get("refused_home", 0) / seconds,
            "answered": grown.get("answered_pass_trial", 0)}


@contextlib.contextmanager
def _flood(line, load):
    """Under way, until the end of the block; the remembered one has been met as a whole."""
    if not load:
        yield
        return
    before = line.counters()["refused_home"]
    with generator(line.topology.gateway, load, first=0 if load.pairs == SOURCES else next(_firsts),
                   interface=line.topology.subscribers[1].interface):
        wait_for(lambda: line.counters()["refused_home"] - before > 2 * SOURCES, "the flood")
        yield


def _table(report, samples, title, unit, value, digits=0):
    rows = {name: Row.of(name, gathered, value) for name, gathered in samples.items()}
    report.table(title, unit, list(rows.values()), digits=digits)
    return rows
