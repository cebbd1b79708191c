# SPDX-License-Identifier: GPL-2.0-or-later
"""Subscribers, a gateway and an internet, for real connections: with edge25 in the gateway, or without
any rule."""

import itertools
import math
import pathlib

from lab.edge25 import BUILD, Edge25
from lab.namespaces import Topology

from counters import read_counters
from filters import EDGE25_QUEUE, QUESTION_TO_PASS, make_prefixes
from gateways import TEXTBOOK_QUEUE, popen_textbook, queue_port
from traffic import prefer_daemon, prefer_this, processors

SETUP = BUILD / "bench/setup"
WATCHED, SOURCES = "100.67.128.0", 1 << 14  # of subscriber 0, under a policy that lets pass
ONE_QUEUE = "queues = 1"  # settings
SERVERS = "198.51.100.0"  # as many as there are: each pair is new
RELAY = "203.0.113.25"
SOME_BIT = 1, 0  # to set in the mark: the textbook program lets pass what it marks
CONFIGURATION = """\
policy "home" {{ mode = block  deny = drop }}
policy "trial" {{ mode = monitor  pace = 0 }}
range "subscribers" {{ prefixes = {{ "100.64.0.0/14", "2001:db8:1::/48" }}  policy = "home" }}
range "trial" {{ prefixes = {{ "100.67.128.0/17" }}  policy = "trial" }}
range "others" {{ prefix-file = "{prefixes}"  policy = "home" }}
allow "relay" {{ to = {{ "{relay}" }}  comment = "our relay" }}
allow "server" {{ from = {{ "100.64.0.2" }}  comment = "a customer's server" }}
{settings}
"""

_serial = itertools.count()


class Line:
    """Context manager. prefixes: how many edge25 has, None is a gateway without edge25; rules: what it
    has instead, if anything; more: other prefixes, lines; settings: of the configuration."""

    def __init__(self, directory, name, prefixes=None, *, rules="", subscribers=1, settings="",
                 more=""):
        self.name = name
        self.topology = Topology(subscribers)
        self.daemon = None
        self._directory = pathlib.Path(directory) / f"line{next(_serial)}"
        self._prefixes = prefixes
        self._rules = rules
        self._settings = settings
        self._more = more
        self._pairs = 0

    def __enter__(self):
        self.topology.__enter__()
        try:
            self.topology.delegate(self.topology.subscribers[0], f"{WATCHED}/17")
            if self._prefixes is not None:
                self._start()
            elif self._rules:
                self.topology.gateway.run(["nft", "-f", "-"], input=self._rules)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        try:
            if self.daemon:
                self.daemon.stop()
        finally:
            self.topology.close()

    def _start(self):
        self._directory.mkdir()
        path = self._directory / "prefixes"
        path.write_text(make_prefixes(self._prefixes) + self._more, encoding="ascii")
        self.daemon = Edge25(self.topology.gateway, self._directory / "edge25", CONFIGURATION.format(
            prefixes=path, relay=RELAY, settings=self._settings))
        self.daemon.start()
        prefer_daemon(self.daemon)

    def queue_openings(self):
        """A gateway whose textbook program is asked about each opening, and lets it pass."""
        queue_port(self.topology.gateway, openings=True)
        return popen_textbook(self.topology.gateway, TEXTBOOK_QUEUE, *SOME_BIT)

    def replace_engine(self):
        """The textbook program in the engine's place, for ONE_QUEUE: it lets pass what edge25's table
        asks about."""
        self.daemon.stop()  # the table stays
        return popen_textbook(self.topology.gateway, EDGE25_QUEUE, *QUESTION_TO_PASS)

    def connect(self, destination, count, cpu=0):
        """Nanoseconds of so many connections of subscriber 0 to one destination."""
        return self._run(self.topology.subscribers[0].address4, 1, destination, 1, 0, count, cpu)

    def connect_new(self, count, cpu=0):
        """The same, each of them the first of its pair, from sources that a policy watches."""
        taken = self._run(WATCHED, SOURCES, SERVERS, count, self._pairs, count, cpu)
        self._pairs += count
        return taken

    def sent_again(self):
        """Segments that either end has sent again so far."""
        return sum(_retransmitted(namespace) for namespace in
                   (self.topology.subscribers[0], self.topology.internet))

    def counters(self):
        """{name: packets} of edge25's table."""
        return read_counters(self.topology.gateway, "edge25") if self.daemon else {}

    def _run(self, source, sources, destination, pairs, first, count, cpu):
        client, server = self.topology.subscribers[0].name, self.topology.internet.name
        result = self.topology.gateway.run(
            [SETUP, processors()[cpu], client, server, source, sources, destination, pairs, first,
             count], start_new_session=True, preexec_fn=prefer_this)
        return list(map(int, result.stdout.split()))


def percentile(values, percent):
    """The least value that so many percent of all do not exceed."""
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]


def _retransmitted(namespace):
    with namespace.entered():
        lines = pathlib.Path("/proc/thread-self/net/snmp").read_text(encoding="ascii").splitlines()
    names, values = (line.split() for line in lines if line.startswith("Tcp:"))
    return int(values[names.index("RetransSegs")])
