# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of pairs that were refused before, and what the generator can do: measured side by side in
short slices, so that what else the machine does falls on all sides, and counted by the kernel."""

import contextlib

from filters import Edge25Gateway
from gateways import Logged, pair_drop, policy_drop, port_drop
from report import Row
from slices import in_slices
from traffic import BenchError, Load, inject

ONE, MANY = Load("one pair", 1), Load("65,536 pairs", 1 << 16)
SECONDS = 0.15

PREFIXES = 100_000
LEARN_RATE = 40_000   # packets a second at which no question is lost
LEARN_TRIES = 5
WARM = 0.2


def generator(report, rounds, _directory):
    """What the generator can do by itself, and with the least that a receiver can do."""
    with policy_drop() as gateway:
        samples = in_slices(rounds, {
            "made, dropped at once":
                lambda: vars(inject(gateway.namespace, MANY, SECONDS, drop=True)),
            gateway.name: lambda: vars(inject(gateway.namespace, MANY, SECONDS))})
    report.title("THE GENERATOR",
                 "SYNs of 74 bytes, made in the kernel by an XDP program (BPF_PROG_RUN, live "
                 "frames), received on the core that makes them. Here and in 1 a second is one of "
                 "that core's processor time, so other processes do not count.")
    rows = [Row.of(name, gathered, _by_core) for name, gathered in samples.items()]
    report.table("ceiling", "frames/s of one core", rows)
    for key, row in zip(("generator", "generator.least"), rows):
        report.answer(key, [value / 1e6 for value in row.values])


def refused_pairs(report, rounds, directory):
    """Packets of pairs that were refused before, beside one rule that drops the port."""
    report.title("1  PACKETS OF A REFUSED PAIR",
                 f"edge25: edge25d runs, its whole table is loaded, {PREFIXES:,} prefixes, 65,536 "
                 "pairs remembered (256 sources, 256 destinations each); it refuses and counts "
                 "each packet by its host, and answers as deny says, within its limit of resets "
                 "and unreachables a second. With check-sources it looks for a route back to the "
                 "source of each, which is there. Beside it one nft rule at the same hook, "
                 "prerouting raw, in a namespace of the same shape; that which logs has a reader "
                 "on the other core.")
    with contextlib.ExitStack() as stack:
        sides = [stack.enter_context(side) for side in (
            port_drop(), pair_drop(MANY),
            _edge25(directory, "edge25, deny = drop"), Logged(),
            _edge25(directory, "edge25, deny = tcp-reset", "tcp-reset"),
            _edge25(directory, "edge25, admin-prohibited", "admin-prohibited"),
            _edge25(directory, "edge25, drop, check-sources", settings="check-sources = yes\n"))]
        for side in sides:
            if isinstance(side, Edge25Gateway):
                _learn(side)
        rows = {load: _measure(report, rounds, load, some)
                for load, some in ((ONE, sides[:3]), (MANY, sides))}
        told = sides[3].told()
    report.note("Each packet that arrived (IpInReceives) was refused (no packet behind the rule; "
                "edge25's counter refused_home), and none was asked about.")
    logged = sum(sample["frames"] for sample in rows[MANY][3].samples)
    report.note(f"The reader of the log was told of {100 * told / logged:.0f} % of its packets.")
    port, pair, drop, log, reset, prohibited, _ = rows[MANY]
    for key, mine, other in (("refused.port", drop, port), ("refused.pair", drop, pair),
                             ("refused.reset", reset, drop),
                             ("refused.prohibited", prohibited, drop),
                             ("refused.logged", drop, log)):
        report.answer(key, mine.ratios(other))


def _edge25(directory, name, deny="drop", settings=""):
    return Edge25Gateway(directory, PREFIXES, MANY.pairs, name=name, settings=settings,
                         line=f"mode = block  deny = {deny}  pace = 0")


def _measure(report, rounds, load, sides):
    samples = in_slices(rounds, {side.name: lambda side=side: _refused(side, load)
                                 for side in sides})
    rows = [Row.of(name, gathered, _by_core) for name, gathered in samples.items()]
    report.table(load.name, "packets/s of one core", rows, [side.name for side in sides[:3]])
    return rows


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
    injected = inject(gateway.namespace, load, SECONDS)
    received, refused, asked = (now - then for now, then in zip(
        (gateway.received(), gateway.refused(), gateway.asked()), before))
    if not injected.frames == received == refused or asked:
        raise BenchError(f"{gateway.name}: {injected.frames} packets made, {received} received, "
                         f"{refused} refused, {asked} asked about")
    return {**vars(injected), "received": received, "refused": refused}
