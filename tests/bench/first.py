# SPDX-License-Identifier: GPL-2.0-or-later
"""First packets of pairs, which user space answers: measured side by side in rounds (A B A B), so that
what else the machine does falls on all sides, and counted by the kernel."""

import contextlib
import itertools

from filters import Edge25Gateway, TextbookBehindEdge25
from gateways import Textbook
from report import Row
from slices import in_slices
from traffic import BenchError, Load, inject

NEW = Load("new pairs", 1 << 28)  # more than any run takes, so that none comes twice

FULL_SECONDS, SLICES = 0.3, 4
PROBE_SECONDS = 0.4
WARM = 0.2

FEW_PREFIXES = 1_000
REMEMBERED = 1 << 20  # more than the new pairs of a run
NEW_FROM = 1 << 24    # number of the first pair after a warm-up

# Rates that are tried to find the highest without loss, packets a second.
LADDER = [round(5_000 * 1.1 ** step) for step in range(50)]
TRIES = 2       # a rate is lossy when each try loses packets: other processes may disturb one
MOST_ROUNDS = 3
KEPT_PACE = 0.97


def first_packets(report, rounds, directory):
    """First packets of pairs, answered in user space, at full load and at the highest rate without
    loss."""
    report.title("2  FIRST PACKETS: ANSWERS OF ONE QUEUE AND THREAD",
                 "textbook: one nft rule queues port 25, nfq_handle_packet() and nfq_set_verdict() "
                 "drop each packet. edge25: edge25d runs, each packet is a new pair; it passes the "
                 f"table ({FEW_PREFIXES:,} prefixes), is answered in batches, and goes on through "
                 "the rules that remember the pair and count the host. "
                 "textbook, edge25's table: the same work in the kernel, answered one by one.")
    makers = (Textbook, lambda: TextbookBehindEdge25(directory, FEW_PREFIXES, REMEMBERED),
              lambda: Edge25Gateway(directory, FEW_PREFIXES, REMEMBERED))
    rounds = min(rounds, MOST_ROUNDS)
    with contextlib.ExitStack() as stack:
        gateways = [stack.enter_context(make()) for make in makers]
        names = [gateway.name for gateway in gateways]
        samples = in_slices(rounds, {gateway.name: full_load(gateway) for gateway in gateways},
                            SLICES)
    full = [samples[name] for name in names]
    paced = [[] for _ in makers]
    for _ in range(rounds):
        for gathered, make in zip(paced, makers):
            with make() as gateway:
                gathered.append(_lossless(gateway))
    _report_full(report, names, full)
    _report_paced(report, names, paced)
    report.answer("first.unnoticed", [sample["unnoticed"] for sample in full[-1]])


def _report_full(report, names, full):
    rows = [Row.of(name, samples, lambda sample: sample["answers"] / sample["seconds"])
            for name, samples in zip(names, full)]
    report.table("full load", "answers/s", rows, names[:-1])
    report.answer("first.full", rows[-1].ratios(rows[0]))
    report.answer("first.same", rows[-1].ratios(rows[1]))
    busy = [Row.of(name, samples, lambda sample: sample["answered"] / sample["busy"])
            for name, samples in zip(names, full)]
    report.table("by the thread's processor time", "answers/s", busy, names[:-1])
    report.answer("first.busy", busy[-1].ratios(busy[0]))
    report.table("of the packets, lost", "%", [
        Row.of(name, samples, lambda sample: 100 * sample["lost"] / sample["received"])
        for name, samples in zip(names, full)])
    report.note("Lost: arrived (IpInReceives) and never answered (the kernel's counters of the "
                "queue and of edge25's table). What edge25 does not answer is refused by the "
                "kernel's safe answer and counted; what the textbook does not answer is gone.")
    for name, samples in zip(names, full):
        idle = sum(sample["lost"] == 0 for sample in samples)
        if idle:
            report.note(f"{name} kept up in {idle} of {len(samples)} rounds: it can do more than "
                        "the core that makes the packets and walks the rules up to the queue.")


def _report_paced(report, names, paced):
    rows = [Row.of(name, samples, lambda sample: sample["rate"])
            for name, samples in zip(names, paced)]
    report.table("highest rate without loss", "packets/s", rows, names[:-1])
    report.answer("first.paced", rows[-1].ratios(rows[0]))
    for name, samples in zip(names, paced):
        limited = sum(sample["generator was the limit"] for sample in samples)
        if limited:
            report.note(f"{name} had no loss at the highest rate that the core that makes the "
                        f"packets and walks the rules could do, in {limited} of {len(samples)} "
                        "rounds: at least that.")


def full_load(gateway):
    """What measures a slice of full load of new pairs. It has sent some already."""
    inject(gateway.namespace, NEW, WARM)
    firsts = itertools.count(NEW_FROM, NEW_FROM)
    return lambda: _answered_fully(gateway, next(firsts))


def _answered_fully(gateway, first):
    """Unnoticed: what edge25 neither answered nor counted as refused for want of an answer."""
    gateway.settle()
    before = gateway.received(), gateway.answered(), gateway.busy(), gateway.ended()
    injected = inject(gateway.namespace, NEW, FULL_SECONDS, first=first)
    gateway.settle()
    received, answered, busy, ended = (now - then for now, then in zip(
        (gateway.received(), gateway.answered(), gateway.busy(), gateway.ended()), before))
    return {**vars(injected), "received": received, "answered": answered, "busy": busy,
            "answers": answered - injected.held, "lost": received - answered,
            "unnoticed": received - ended}


def _lossless(gateway):
    """The highest rate of the ladder at which every packet is answered."""
    inject(gateway.namespace, NEW, WARM, rate=LADDER[0])
    gateway.settle()
    probes = []
    low, high = -1, len(LADDER)
    while high - low > 1:
        middle = (low + high) // 2
        if any(_is_clean(gateway, LADDER[middle], probes) for _ in range(TRIES)):
            low = middle
        else:
            high = middle
    lossless = [probe["received"] / probe["seconds"] for probe in probes if not probe["lost"]]
    if not lossless:
        raise BenchError(f"{gateway.name} loses packets at any rate")
    return {"rate": max(lossless), "probes": probes,
            "generator was the limit": any(probe["slow"] and not probe["lost"] for probe in probes)}


def _is_clean(gateway, rate, probes):
    """One try of one rate: was it kept, and nothing lost?"""
    before = gateway.received(), gateway.answered()
    injected = inject(gateway.namespace, NEW, PROBE_SECONDS, rate=rate,
                      first=NEW_FROM * (len(probes) + 1))
    gateway.settle()
    received, answered = (now - then for now, then in zip(
        (gateway.received(), gateway.answered()), before))
    slow = received < KEPT_PACE * rate * injected.seconds
    probes.append({"wanted": rate, "received": received, "seconds": injected.seconds,
                   "lost": received - answered, "slow": slow})
    return received == answered and not slow
