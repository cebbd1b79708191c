# SPDX-License-Identifier: GPL-2.0-or-later
"""What edge25 costs the traffic that is none of its business: a router with its table, and without."""

import contextlib

from gateways import Edge25Gateway, Gateway
from report import Row
from traffic import Load, inject

from figures import BenchError

SECONDS = 0.1
SLICES = 5  # of each side in a round; short ones next to each other meet the same machine
PROOF_SECONDS = 0.05
PREFIXES, PAIRS = 1_000, 65_536

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
        self._nft("table inet bench {\nchain screen {\n"
                  "type filter hook prerouting priority raw; policy accept;\n"
                  "tcp dport 25 drop\n}\n}\n")


def other_traffic(report, rounds, directory):
    """Packets that leave after one look at their port, routed; with each switch that looks again."""
    report.title("7  OTHER TRAFFIC: WHAT EDGE25 COSTS WHAT IT DOES NOT FILTER",
                 "Frames of 74 bytes, to port 443, TCP without SYN (a conversation under way) and "
                 "UDP, 65,536 pairs. Each is received, crosses prerouting, is looked up in the "
                 "routing table and forwarded; where it would be sent, a table of its own "
                 "(postrouting), the same on every side, counts and drops it. no table: nothing "
                 "else. tcp dport 25 drop: one nft rule at prerouting raw, the least that a filter "
                 "can do. edge25: edge25d runs, its table is loaded; some range is monitored, so "
                 "what comes from port 25 is looked at, too. nothing may pass: all ranges block, and "
                 "that rule is not there. A second is one of the processor time of the core that "
                 "makes and routes the packets.")
    with contextlib.ExitStack() as stack:
        unfiltered = [stack.enter_context(side) for side in (Router(), OneRule())]
        filters = [stack.enter_context(Edge25Gateway(
            directory, PREFIXES, PAIRS, name=name, settings=settings)) for name, settings in (
                ("edge25", ""),
                ("edge25, refuse-split-headers = no", "refuse-split-headers = no\n"),
                ("edge25, refuse-tunnels = yes", "refuse-tunnels = yes\n"))]
        filters.insert(1, stack.enter_context(Edge25Gateway(
            directory, PREFIXES, PAIRS, name="edge25, nothing may pass", others="block")))
        sides = [*unfiltered, *filters]
        for side in sides:
            side.forward()
        for load in KINDS:
            _report(report, load, sides, _measure(sides, load, rounds))
        _report(report, GREETING, sides[:4], _measure(sides[:4], GREETING, rounds))
        _report(report, SUBMISSION, sides[:3], _measure(sides[:3], SUBMISSION, rounds))
        _try(sides[2])
        tried = Load(f"{SUBMISSION.name}, of hosts that tried port 25", PAIRS, SUBMISSION.traffic)
        _report(report, tried, sides[:3], _measure(sides[:3], tried, rounds))
        for side in filters:
            _prove(side)
    report.note("Every packet that was made arrived and was forwarded, and no counter of edge25's "
                "table moved but that of openings to port 587, which counted all. After the measurement, with rules that count at both ends of chain "
                "screen, every packet entered it and left at its end; openings to port 25 entered, "
                "did not leave, and were not forwarded.")


def _measure(sides, load, rounds):
    """For each side the sum of each round, of slices beside each other, and every other time in
    reverse, so that what drifts falls on all."""
    samples = {side.name: [] for side in sides}
    for _ in range(rounds):
        slices = {side.name: [] for side in sides}
        for number in range(SLICES):
            for side in sides[::-1] if number % 2 else sides:
                slices[side.name].append(_forwarded(side, load))
        for name, gathered in slices.items():
            samples[name].append({key: sum(one[key] for one in gathered) for key in gathered[0]})
    return samples


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


def _report(report, load, sides, samples):
    rows = [Row(side.name, [sample["frames"] / sample["cpu"] for sample in samples[side.name]],
                samples[side.name]) for side in sides]
    report.table(load.name, "packets/s of one core", rows,
                 [side.name for side in sides[:3]])
    report.table("added to each packet", "ns", [
        Row(row.side, [1e9 / mine - 1e9 / bare for mine, bare in zip(row.values, rows[0].values)],
            []) for row in rows[1:]])


def _prove(side):
    """Every packet crosses the whole chain screen; what goes to port 25 does not."""
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
                             f"chain screen, {left} left at its end, {forwarded} were forwarded")
