# SPDX-License-Identifier: GPL-2.0-or-later
"""What is asked of edge25: each row with its bound, and how it is said. That a bound is missed is a
figure, not an error."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Unit:
    """How numbers of a row are written; sign: they say what is added to something else."""

    name: str
    digits: int
    sign: str = ""

    def text(self, value):
        """A number alone."""
        return f"{value:{self.sign},.{self.digits}f}"

    def named(self, value):
        """A number with its unit."""
        return f"{self.text(value)} {self.name}".strip()


RATIO, FINE = Unit("", 2), Unit("", 3)
ADDED = Unit("us", 1, "+")
COUNT = Unit("", 0)
MILLIONS = Unit("M/s", 2)


@dataclasses.dataclass(frozen=True)
class Asked:
    """A row. figure: who measures it; at_least, at_most: the bound, none of them: it is only told."""

    key: str
    figure: str
    what: str
    unit: Unit
    at_least: float | None = None
    at_most: float | None = None

    def bound(self):
        """The bound in words."""
        if self.at_least is not None:
            return f">= {self.unit.named(self.at_least)}"
        if self.at_most is not None:
            return f"<= {self.unit.named(self.at_most)}"
        return "told"

    def met(self, value):
        """Does a number keep the bound?"""
        return ((self.at_least is None or value >= self.at_least)
                and (self.at_most is None or value <= self.at_most))


ASKED = (
    Asked("generator", "generator", "the generator alone: frames made, a core", MILLIONS),
    Asked("generator.least", "generator", "frames made and received, no rule", MILLIONS),
    Asked("refused.port", "refused", "refused pairs, beside tcp dport 25 drop", RATIO, 0.45),
    Asked("refused.pair", "refused", "refused pairs, beside a set of pairs", RATIO, 0.72),
    Asked("refused.reset", "refused", "the same, deny = tcp-reset, beside drop", RATIO),
    Asked("refused.prohibited", "refused", "the same, admin-prohibited, beside drop", RATIO),
    Asked("refused.logged", "refused", "the same, beside a rule with log and drop", RATIO),
    Asked("first.full", "first", "first packets, full load, beside textbook", RATIO, 1.6),
    Asked("first.busy", "first", "the same, by a second of the threads' time", RATIO),
    Asked("first.same", "first", "the same, textbook behind edge25's table", RATIO),
    Asked("first.unnoticed", "first", "of these, lost unnoticed", COUNT, at_most=0),
    Asked("first.paced", "first", "the same, highest rate without loss", RATIO, 2.5),
    Asked("queues", "queues", "two queues beside one, load on two cores", RATIO, 1.8),
    Asked("queues.textbook", "queues", "the same, textbook programs", RATIO),
    Asked("bulk.large", "bulk", "TCP bulk, packets of 64 KB, beside no rules", FINE, 0.98),
    Asked("bulk.large.least", "bulk", "the same, tcp dport 25 drop alone", FINE),
    Asked("bulk.small", "bulk", "TCP bulk, 1,500 bytes, beside no rules", FINE, 0.98),
    Asked("bulk.small.least", "bulk", "the same, tcp dport 25 drop alone", FINE),
    Asked("other", "other", "74-byte packets, beside tcp dport 25 drop", FINE, 0.95),
    Asked("other.least", "other", "the same, that rule, an empty chain behind", FINE),
    Asked("other.hand", "other", "the same, two rules by hand", FINE),
    Asked("allowed.least", "setup", "allowed setup, one set by hand, p50", ADDED),
    Asked("allowed.hand", "setup", "the same, rules by hand for every promise", ADDED),
    Asked("allowed.few", "setup", "allowed setup, 1,000 prefixes, p50", ADDED, at_most=5),
    Asked("allowed.many", "setup", "allowed setup, 100,000 prefixes, p50", ADDED, at_most=8),
    Asked("accepted.p50", "setup", "first, accepted connection, p50", ADDED, at_most=40),
    Asked("accepted.textbook", "setup", "the same, the textbook program, p50", ADDED),
    Asked("accepted.rules", "setup", "the same, textbook behind edge25's rules", ADDED),
    Asked("accepted.p99", "setup", "first, accepted connection, p99", ADDED, at_most=200),
    Asked("flooded.p50", "flooded", "the same in a flood of refusals, p50", ADDED),
    Asked("flooded.p99", "flooded", "the same in a flood of refusals, p99", ADDED),
    Asked("flooded.again", "flooded", "of these, sent again", COUNT, at_most=0),
    Asked("contained", "contained", "from infected to contained, p99", Unit("ms", 1), at_most=5),
    Asked("engine.rest", "memory", "engine memory at rest", Unit("MiB", 2), at_most=4),
    Asked("engine.plan", "memory", "the same, 200,000 prefixes, of what it may be", RATIO, at_most=1),
    Asked("control.memory", "memory", "control memory, of what it may be", RATIO, at_most=1),
    Asked("start", "start", "start, 1M prefixes, beside the kernel's time", RATIO, at_most=1.2),
    Asked("programs", "programs", "stripped programs together", Unit("kB", 0), at_most=500),
)
