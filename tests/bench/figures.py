# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures: each is measured side by side in rounds (A B A B), so that what else the machine
does falls on all sides, and counted by the kernel."""

import contextlib

from lab.host import LabError

from gateways import (Edge25Gateway, Textbook, TextbookBehindEdge25, pair_drop, policy_drop,
                      port_drop)
from report import Row
from traffic import Load, inject

ONE, MANY = Load("one pair", 1), Load("65,536 pairs", 1 << 16)
NEW = Load("new pairs", 1 << 28)  # more than any run takes, so that none comes twice

REFUSED_SECONDS = 1.0
FIRST_SECONDS = 2.0
PROBE_SECONDS = 0.5
WARM = 0.2

PREFIXES, FEW_PREFIXES = 100_000, 1_000
REMEMBERED = 1 << 20  # more than the new pairs of a run
LEARN_RATE = 30_000   # packets a second at which no question is lost
LEARN_TRIES = 5
NEW_FROM = 1 << 24    # number of the first pair after a warm-up

# Rates that are tried to find the highest without loss, packets a second.
LADDER = [round(15_000 * 1.1 ** step) for step in range(40)]
TRIES = 3       # a rate is lossy when each try loses packets: other processes may disturb one
KEPT_PACE = 0.97


class BenchError(LabError):
    """What was to be measured is not what happened."""


def generator(report, rounds):
    """What the generator can do by itself, and with the least that a receiver can do."""
    with policy_drop() as gateway:
        made, received = [], []
        for _ in range(rounds):
            made.append(inject(gateway.namespace, MANY, REFUSED_SECONDS, drop=True))
            received.append(inject(gateway.namespace, MANY, REFUSED_SECONDS))
    report.title("THE GENERATOR",
                 "SYNs of 74 bytes, made in the kernel by an XDP program (BPF_PROG_RUN, live "
                 "frames), received on the core that makes them. Here and in 1 a second is one of "
                 "that core's processor time, so other processes do not count.")
    report.table("ceiling", "frames/s of one core", [_row("made, dropped at once", made, _by_core),
                                         _row(gateway.name, received, _by_core)])


def refused_pairs(report, rounds, directory):
    """Packets of pairs that were refused before, beside one rule that drops the port."""
    report.title("1  PACKETS OF A REFUSED PAIR, deny = drop",
                 f"edge25: edge25d runs, its whole table is loaded, {PREFIXES:,} prefixes, 65,536 "
                 "pairs remembered (256 sources, 256 destinations each); it refuses and counts "
                 "each packet by its host. With check-sources it looks for a route back to the "
                 "source of each, which is there. Beside it one nft rule at the same hook, "
                 "prerouting raw, in a namespace of the same shape.")
    with contextlib.ExitStack() as stack:
        sides = [stack.enter_context(gateway) for gateway in (
            port_drop(), pair_drop(MANY), Edge25Gateway(directory, PREFIXES, MANY.pairs),
            Edge25Gateway(directory, PREFIXES, MANY.pairs, name="edge25, check-sources = yes",
                          settings="check-sources = yes\n"))]
        for side in sides[2:]:
            _learn(side)
        for load in (ONE, MANY):
            samples = [[] for _ in sides]
            for _ in range(rounds):
                for gateway, gathered in zip(sides, samples):
                    gathered.append(_refused(gateway, load))
            report.table(load.name, "packets/s of one core", [
                _row(gateway.name, gathered, _by_core)
                for gateway, gathered in zip(sides, samples)], [side.name for side in sides[:-1]])
    report.note("Each packet that arrived (IpInReceives) was refused (no packet behind the rule; "
                "edge25's counter refused_home), and none was asked about.")


def first_packets(report, rounds, directory):
    """First packets of pairs, answered in user space, at full load and at the highest rate without
    loss."""
    report.title("2  FIRST PACKETS: ANSWERS OF ONE QUEUE AND THREAD",
                 "textbook: one nft rule queues port 25, nfq_handle_packet() and nfq_set_verdict() "
                 "drop each packet. edge25: edge25d runs, each packet is a new pair; it passes the "
                 f"table ({FEW_PREFIXES:,} prefixes), is answered in batches, and goes on through "
                 "the rules that ask the allowlist again, remember the pair and count the host. "
                 "textbook, edge25's table: the same work in the kernel, answered one by one.")
    makers = (Textbook, lambda: TextbookBehindEdge25(directory, FEW_PREFIXES, REMEMBERED),
              lambda: Edge25Gateway(directory, FEW_PREFIXES, REMEMBERED))
    full = [[] for _ in makers]
    paced = [[] for _ in makers]
    names = [""] * len(makers)
    for _ in range(rounds):
        for number, make in enumerate(makers):
            with make() as gateway:
                names[number] = gateway.name
                full[number].append(answered_fully(gateway))
            with make() as gateway:
                paced[number].append(_lossless(gateway))
    _report_full(report, names, full)
    _report_paced(report, names, paced)


def _report_full(report, names, full):
    report.table("full load", "answers/s", [
        _row(name, samples, lambda sample: sample["answers"] / sample["seconds"])
        for name, samples in zip(names, full)], names[:-1])
    report.table("by the thread's processor time", "answers/s", [
        _row(name, samples, lambda sample: sample["answered"] / sample["busy"])
        for name, samples in zip(names, full)], names[:-1])
    report.table("of the packets, lost", "%", [
        _row(name, samples, lambda sample: 100 * sample["lost"] / sample["received"])
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
    report.table("highest rate without loss", "packets/s", [
        _row(name, samples, lambda sample: sample["rate"])
        for name, samples in zip(names, paced)], names[:-1])
    for name, samples in zip(names, paced):
        limited = sum(sample["generator was the limit"] for sample in samples)
        if limited:
            report.note(f"{name} had no loss at the highest rate that the core that makes the "
                        f"packets and walks the rules could do, in {limited} of {len(samples)} "
                        "rounds: at least that.")


def _row(side, samples, value):
    samples = [sample if isinstance(sample, dict) else vars(sample) for sample in samples]
    return Row(side, [value(sample) for sample in samples], samples)


def _by_core(sample):
    return sample["frames"] / sample["cpu"]


def _learn(gateway):
    """Let edge25 be asked about every one of many pairs, until it knows all."""
    for _ in range(LEARN_TRIES):
        inject(gateway.namespace, MANY, 1.1 * MANY.pairs / LEARN_RATE, rate=LEARN_RATE)
        gateway.settle()
        before = gateway.asked()
        inject(gateway.namespace, MANY, WARM)
        if gateway.asked() == before:
            return
    raise BenchError("edge25 does not remember all pairs")


def _refused(gateway, load):
    """Packets of remembered pairs for a while; all must have been refused, none asked about."""
    before = gateway.received(), gateway.refused(), gateway.asked()
    injected = inject(gateway.namespace, load, REFUSED_SECONDS)
    received, refused, asked = (now - then for now, then in zip(
        (gateway.received(), gateway.refused(), gateway.asked()), before))
    if not injected.frames == received == refused or asked:
        raise BenchError(f"{gateway.name}: {injected.frames} packets made, {received} received, "
                         f"{refused} refused, {asked} asked about")
    return {**vars(injected), "received": received, "refused": refused}


def answered_fully(gateway):
    """Full load of new pairs for a while."""
    inject(gateway.namespace, NEW, WARM)
    gateway.settle()
    before = gateway.received(), gateway.answered(), gateway.busy()
    injected = inject(gateway.namespace, NEW, FIRST_SECONDS, first=NEW_FROM)
    gateway.settle()
    received, answered, busy = (now - then for now, then in zip(
        (gateway.received(), gateway.answered(), gateway.busy()), before))
    return {**vars(injected), "received": received, "answered": answered, "busy": busy,
            "answers": answered - injected.held, "lost": received - answered}


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
    return {"rate": max(lossless, default=0), "probes": probes,
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
