# SPDX-License-Identifier: GPL-2.0-or-later
"""From alarms to figures: how many hosts of each kind were called what, and after how long."""

import ipaddress
import statistics

CLASSES = ("clean", "misconfigured", "suspect", "infected")
EDGE25, SUSPECT = "edge25", "edge25, suspect"


def network(text):
    """A host's name, as labels and edge25-replay write it, in one form."""
    return ipaddress.ip_network(text, strict=False)


class Owners:
    """Which host a source address belongs to."""

    def __init__(self, names):
        self.hosts = {network(name): name for name in names}
        self._lengths = sorted({host.prefixlen for host in self.hosts if host.version == 6})
        self._known = {}

    def of(self, source):
        if source not in self._known:
            address = ipaddress.ip_address(source)
            lengths = [32] if address.version == 4 else self._lengths
            found = [self.hosts.get(ipaddress.ip_network((address, length), strict=False))
                     for length in lengths]
            self._known[source] = next(filter(None, found))
        return self._known[source]


def first_tries(rows, owners):
    """When each host first tried port 25."""
    first = {}
    for t, source, _, _, port, _ in rows:
        if port == 25:
            first.setdefault(owners.of(source), t)
    return first


def by_host(called, owners):
    """The first alarm of each host, from those of its addresses."""
    alarms = {}
    for source, t in called.items():
        host = owners.of(source)
        alarms[host] = min(t, alarms.get(host, t))
    return alarms


def times(alarms, first):
    """Seconds from a host's first try to its alarm, in order."""
    return sorted(t - first[host] for host, t in alarms.items())


def classes(reports):
    """How many hosts ended in which class; infected is who ever was."""
    words = ["infected" if report["t_first_infected"] is not None else report["class"]
             for report in reports]
    return {word: words.count(word) for word in CLASSES}


def precision_and_recall(kinds, rule):
    """Over kinds with the keys bot, hosts and alarms (a number for each rule)."""
    right = sum(kind["alarms"][rule] for kind in kinds if kind["bot"])
    wrong = sum(kind["alarms"][rule] for kind in kinds if not kind["bot"])
    bots = sum(kind["hosts"] for kind in kinds if kind["bot"])
    return {"precision": right / (right + wrong) if right + wrong else None,
            "recall": right / bots if bots else None,
            "bots": bots, "others": sum(kind["hosts"] for kind in kinds if not kind["bot"]),
            "right": right, "wrong": wrong}


def duration(seconds):
    """For people: 0.4 s, 12 s, 7 min, 2.5 h."""
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def spread(values):
    """Median and maximum, for people."""
    return f"{duration(statistics.median(values))}, {duration(max(values))}" if values else "-"
