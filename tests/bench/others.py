# SPDX-License-Identifier: GPL-2.0-or-later
"""What edge25 costs the traffic that is none of its business: a router with its table, and without."""

import contextlib
import statistics

from filters import Edge25Gateway
from gateways import BY_HAND, EMPTY_CHAIN, ONE_RULE, Gateway
from report import Row
from slices import in_slices
from traffic import BenchError, Load, inject

SECONDS = 0.06
SLICES = 6
PROOF_SECONDS = 0.05
PREFIXES, PAIRS = 100_000, 65_536

# No address matters to the rules that these packets meet; many keep a router's caches honest.
KINDS = [Load(name, PAIRS, kind) for name, kind in (
    ("IPv4, TCP port 443", "tcp4"), ("IPv4, UDP port 443", "udp4"),
    ("IPv6, TCP port 443", "tcp6"), ("IPv6, UDP port 443", "udp6"))]
GREETING = Load("IPv4, TCP from port 25, with data", PAIRS, "greeting")
SUBMISSION = Load("IPv4, SYN to port 587", PAIRS, "submission")
MAIL = Load("IPv4, SYN to port 25", PAIRS)


class Router(Gateway):
    """A router, and no rule at all."""

    name = "no table"


class OneRule(Router):
    """A router that closes the port with one rule, for everybody."""

    name = "tcp dport 25 drop"

    def start(self):
        self.nft(ONE_RULE)


class Least(Router):
    """The same rule, and a second chain behind it, which is empty."""

    name = "the same, an empty chain behind"

    def start(self):
        self.nft(ONE_RULE + EMPTY_CHAIN)


class ByHand(Router):
    """A rule in each of two chains, without which some promise would not hold."""

    name = "two rules by hand"

    def start(self):
        self.nft(BY_HAND)


def other_traffic(report, rounds, directory):
    """Packets that leave after one look at their port, routed."""
    report.title("5  OTHER TRAFFIC: WHAT EDGE25 COSTS WHAT IT DOES NOT FILTER",
                 "Frames of 74 bytes, to port 443, TCP without SYN (a conversation under way) and "
                 "UDP, 65,536 pairs. Each is received, crosses prerouting, is looked up in the "
                 "routing table and forwarded; where it would be sent, a table of its own "
                 "(postrouting), the same on every side, counts and drops it. no table: nothing "
                 "else. tcp dport 25 drop: one nft rule at prerouting raw, the least that a filter "
                 "can do. An empty chain behind: the least that one can do which asks user space "
                 "and loses no packet that nobody answers, for such a one meets nothing but the "
                 "next chain. Two rules by hand: in the first chain what finds the ports, and what "
                 "comes from port 25; in the second what finds a question. "
                 f"edge25: edge25d runs, its table is loaded, {PREFIXES:,} prefixes; "
                 "some range is monitored, so what comes from port 25 is looked at, too. A second "
                 "is one of the processor time of the core that makes and routes the packets.")
    with contextlib.ExitStack() as stack:
        sides = [stack.enter_context(side) for side in (
            Router(), OneRule(), Least(), ByHand(), _edge25(directory, "edge25"))]
        _route(sides)
        rows = [_measure(report, sides, load, rounds) for load in KINDS]
        _prove(sides[4])
    _note(report)
    # the kind that it costs most: by the median, for the worst of four in each round is chance
    _, rule, least, by_hand, edge25 = min(
        rows, key=lambda kind: statistics.median(kind[4].ratios(kind[1])))
    report.answer("other", edge25.ratios(rule))
    report.answer("other.least", least.ratios(rule))
    report.answer("other.hand", by_hand.ratios(rule))


def switches(report, rounds, directory):
    """The same with each switch that looks again, and what is counted and told besides."""
    report.title("5a  OTHER TRAFFIC, BY SWITCHES",
                 "As in 5. nothing may pass: all ranges block, and the rule for what comes from "
                 "port 25 is not there.")
    with contextlib.ExitStack() as stack:
        sides = [stack.enter_context(side) for side in (
            Router(), OneRule(), _edge25(directory, "edge25"),
            _edge25(directory, "edge25, nothing may pass", others="block"),
            _edge25(directory, "edge25, refuse-split-headers = no",
                    settings="refuse-split-headers = no\n"),
            _edge25(directory, "edge25, refuse-tunnels = yes",
                    settings="refuse-tunnels = yes\n"))]
        _route(sides)
        for load in KINDS:
            _measure(report, sides, load, rounds)
        _measure(report, sides[:4], GREETING, rounds)
        _measure(report, sides[:3], SUBMISSION, rounds)
        _try(sides[2])
        tried = Load(f"{SUBMISSION.name}, of hosts that tried port 25", PAIRS, SUBMISSION.traffic)
        _measure(report, sides[:3], tried, rounds)
        for side in sides[2:]:
            _prove(side)
    _note(report)


def _edge25(directory, name, **options):
    return Edge25Gateway(directory, PREFIXES, PAIRS, name=name, **options)


def _route(sides):
    for side in sides:
        side.forward()


def _note(report):
    report.note("Every packet that was made arrived and was forwarded, and no counter of edge25's "
                "table moved but that of openings to port 587, which counted all. After the "
                "measurement, with rules that count what enters chain screen and what comes to "
                "the chain behind it, every packet did both; openings to port 25 only entered, and "
                "were not forwarded.")


def _measure(report, sides, load, rounds):
    """The rows of one kind of packet."""
    samples = in_slices(rounds, {side.name: lambda side=side: _forwarded(side, load)
                                 for side in sides}, SLICES)
    rows = [Row.of(name, gathered, lambda sample: sample["frames"] / sample["cpu"])
            for name, gathered in samples.items()]
    report.table(load.name, "packets/s of one core", rows, [side.name for side in sides[:3]])
    report.table("added to each packet", "ns", [
        Row(row.side, [1e9 / mine - 1e9 / bare for mine, bare in zip(row.values, rows[0].values)],
            []) for row in rows[1:]])
    return rows


def _forwarded(side, load):
    """Packets for a while, each of which must get through, unseen by edge25."""
    before = side.received(load.version), side.forwarded(), side.counters()
    injected = inject(side.namespace, load, SECONDS)
    received, forwarded = (now - then for now, then in zip(
        (side.received(load.version), side.forwarded()), before))
    if not injected.frames == received == forwarded:
        raise BenchError(f"{side.name}: {injected.frames} packets made, {received} received, "
                         f"{forwarded} forwarded")
    counted = {name: now - before[2][name] for name, now in side.counters().items()
               if now != before[2][name]}
    submissions = {"submission": injected.frames} if load.traffic == "submission" else {}
    if side.counters() and counted != submissions:
        raise BenchError(f"{side.name}: edge25 counted {counted} of {load.name}")
    return {**vars(injected), "received": received, "forwarded": forwarded}


def _try(side):
    """Every source of the loads is asked about, and what it submits is counted from now on. The
    kernel makes elements with counters no faster than it finds memory for them."""
    inject(side.namespace, MAIL, SECONDS)
    side.settle()
    untallied = -1
    while side.counters()["untallied_submission"] != untallied:
        untallied = side.counters()["untallied_submission"]
        inject(side.namespace, SUBMISSION, SECONDS)


def _prove(side):
    """Every packet enters and leaves chain screen; what goes to port 25 does not leave."""
    side.count_screen()
    for load in (*KINDS, MAIL):
        before = side.counters(), side.forwarded()
        frames = inject(side.namespace, load, PROOF_SECONDS).frames
        counters = side.counters()
        entered, left = (counters[name] - before[0][name] for name in side.SCREEN)
        forwarded = side.forwarded() - before[1]
        through = 0 if load is MAIL else frames
        if (entered, left, forwarded) != (frames, through, through):
            raise BenchError(f"{side.name}: {frames} packets made ({load.name}), {entered} entered "
                             f"chain screen, {left} left it, {forwarded} were forwarded")
