# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a connection to port 25 takes to be open, beside a gateway without rules: allowed ones, which
the kernel lets pass by itself, and the first of a pair, which user space lets pass."""

import contextlib
import statistics

from lines import ONE_QUEUE, RELAY, Line, percentile
from report import Row
from slices import in_slices
from traffic import BenchError

COUNT = 300  # connections of a slice
SLICES = 8
FEW, MANY = 1_000, 100_000
ELSEWHERE = "203.0.113.77"  # allowed for the source's sake
LEAST = """\
table inet bench {
    set allowed { type ipv4_addr; flags timeout; counter; elements = { 100.64.0.2 } }
    set lines { type ipv4_addr; flags interval; elements = { 100.64.0.0/14 } }
    chain screen {
        type filter hook prerouting priority raw; policy accept;
        tcp dport 25 ip saddr @allowed accept
        tcp dport 25 ip saddr @lines drop
    }
}
"""
# What every promise takes of an allowed opening: what finds the ports and a server's words; a pair
# that was refused, of either family; a VRF's second time; a destination, then a source, that is
# allowed, and not cut off; its counter; our bits of its mark; and behind a queue what nobody answered.
BY_HAND = """\
table inet bench {
    counter allowed { }
    counter refused { }
    set refused4 { type ipv4_addr . ipv4_addr; size 65536; flags dynamic,timeout; timeout 10m; }
    set refused6 { type ipv6_addr . ipv6_addr; size 65536; flags dynamic,timeout; timeout 10m; }
    map tally4 { type ipv4_addr : mark; size 65536; flags dynamic,timeout; counter; timeout 1h; }
    map tally6 { type ipv6_addr : mark; size 65536; flags dynamic,timeout; counter; timeout 1h; }
    set contained { type ipv4_addr; flags timeout; counter; }
    set destinations { type ipv4_addr; flags timeout; counter; elements = { 203.0.113.25 } }
    set sources { type ipv4_addr; flags timeout; counter; elements = { 100.64.0.2 } }
    chain second {
        drop
    }
    chain talking {
        accept
    }
    chain allowed {
        @th,96,32 & 0x170000 == 0x20000 meta l4proto tcp counter name allowed
        meta mark 0x0/8 accept
        meta mark set meta mark & 0x00ffffff accept
    }
    chain screen {
        type filter hook prerouting priority raw; policy accept;
        th sport != 25 @th,0,32 & 0xfc25 != 0x1 accept
        th sport 25 th dport != 25 @th,96,32 & 0x1e0000 == 0x180000 meta l4proto tcp goto talking
        @th,0,32 & 0xfc25 != 0x1 accept
        ip protocol tcp tcp dport 25 ip saddr . ip daddr @refused4 \\
            update @tally4 { ip saddr : meta random } counter name refused drop
        tcp dport 25 ip6 saddr . ip6 daddr @refused6 \\
            update @tally6 { ip6 saddr : meta random } counter name refused drop
        tcp dport != 25 accept
        meta iifkind "vrf" goto second
        ip daddr @destinations ip saddr != @contained goto allowed
        ip saddr @sources ip saddr != @contained goto allowed
        drop
    }
    chain behind {
        type filter hook prerouting priority raw + 1; policy accept;
        th dport 25 meta mark != 0x0/8 drop
    }
}
"""


def connections(report, rounds, directory):
    """Every figure of this file."""
    report.title("3  OPENING A CONNECTION",
                 "connect() of a subscriber to a mail server, through a gateway, IPv4, one after the "
                 f"other, {COUNT * SLICES:,} in each round; the client has a core. Allowed: by an "
                 "entry of the destination, or of the source. One set by hand: the port and the "
                 "allowed source, the least that lets it pass. By hand: the least that keeps every "
                 "promise. "
                 "First: each connection is a new pair under a policy that lets pass; user space "
                 "answered each. Textbook: one rule queues openings, nfq_handle_packet() and "
                 "nfq_set_verdict2() let each pass: what it takes to ask any program. The same behind "
                 "edge25's rules: what it takes to ask any program and to remember what it said.")
    with contextlib.ExitStack() as stack:
        bare, least, by_hand, few, many, asking = (stack.enter_context(line) for line in (
            Line(directory, "no rules"), Line(directory, "one set by hand", rules=LEAST),
            Line(directory, "every promise by hand", rules=BY_HAND),
            Line(directory, f"edge25, {FEW:,} prefixes", FEW),
            Line(directory, f"edge25, {MANY:,}", MANY),
            Line(directory, "edge25, first", FEW)))
        sides = {line.name: lambda line=line: line.connect(ELSEWHERE, COUNT)
                 for line in (bare, least, by_hand)}
        for line in (few, many):
            sides[f"{line.name}, destination"] = lambda line=line: line.connect(RELAY, COUNT)
            sides[f"{line.name}, source"] = lambda line=line: line.connect(ELSEWHERE, COUNT)
        sides["no rules, first"] = lambda: bare.connect_new(COUNT)
        sides[asking.name] = lambda: _connect_new(asking)
        asked = stack.enter_context(Line(directory, "textbook"))
        stack.enter_context(ended(asked.queue_openings()))
        sides["textbook, first"] = lambda: asked.connect_new(COUNT)
        behind = stack.enter_context(Line(directory, "textbook, edge25's rules, first", FEW,
                                          settings=ONE_QUEUE))
        stack.enter_context(ended(behind.replace_engine()))
        sides[behind.name] = lambda: _connect_new(behind)
        samples = in_slices(rounds, {name: lambda side=side: _slice(side())
                                     for name, side in sides.items()}, SLICES)
    rows = {share: _table(report, samples, share) for share in (50, 99)}
    for key, name, base in (
            ("allowed.least", least.name, "no rules"),
            ("allowed.hand", by_hand.name, "no rules"),
            ("allowed.few", f"{few.name}, source", "no rules"),
            ("allowed.many", f"{many.name}, source", "no rules"),
            ("accepted.p50", asking.name, "no rules, first"),
            ("accepted.textbook", "textbook, first", "no rules, first"),
            ("accepted.rules", behind.name, "no rules, first")):
        report.answer(key, _added_by_slices(samples[name], samples[base]))
    report.answer("accepted.p99", added(rows[99][asking.name], rows[99]["no rules, first"]))
    report.note("What is asked of p50 is, in each round, the median of what the slices of a side "
                "have more than those of the other next to them.")


@contextlib.contextmanager
def ended(program):
    """The program, until the block ends."""
    try:
        yield program
    finally:
        program.kill()
        program.wait()


def _slice(taken):
    return {"ns": taken, "p50": [percentile(taken, 50)]}


def _added_by_slices(samples, bases):
    """Microseconds that the median of a slice has more than that of the other side's, round by round:
    slices lie next to each other, and a machine that others use is not as fast in all of them."""
    return [statistics.median(mine - theirs for mine, theirs in zip(sample["p50"], base["p50"])) / 1000
            for sample, base in zip(samples, bases)]


def added(row, base):
    """Microseconds that one row has more than another, round by round."""
    return [mine - theirs for mine, theirs in zip(row.values, base.values)]


def _connect_new(line):
    """User space must have let each pass."""
    before = line.counters()["answered_pass_trial"]
    taken = line.connect_new(COUNT)
    passed = line.counters()["answered_pass_trial"] - before
    if passed != COUNT:
        raise BenchError(f"{line.name}: of {COUNT} connections user space let {passed} pass")
    return taken


def _table(report, samples, share):
    rows = {name: Row.of(name, gathered, lambda sample: percentile(sample["ns"], share) / 1000)
            for name, gathered in samples.items()}
    report.table(f"connect(), p{share}", "us", list(rows.values()), ["no rules", "no rules, first"],
                 digits=1)
    return rows
