# SPDX-License-Identifier: GPL-2.0-or-later
"""What is compared: gateways, each in a namespace of the same shape with other rules in it.

Each is a context manager and says what the kernel counted:

    received()   packets that arrived
    forwarded()  packets that were routed, after forward()
    refused()    packets that got no further                    Ruleset, Edge25Gateway
    answered()   packets that a program in user space answered  Textbook, Edge25Gateway, ...
    busy()       seconds of processor time of the thread that answers
"""

import ipaddress
import itertools
import os
import pathlib

from lab.edge25 import BUILD, CONTROL, ENGINE, Edge25
from lab.host import LabError, undisturbed, wait_for
from lab.namespaces import FORWARDING, PREFIX, Namespace

from counters import read_counters
from traffic import FIRST_DESTINATION, FIRST_SOURCE, INTERFACE, prefer, processors

TEXTBOOK = BUILD / "bench/textbook"
KERNEL_LOAD = BUILD / "bench/kernel_load"  # COUNT: prints the seconds that the kernel takes
TEXTBOOK_QUEUE = 1
EDGE25_QUEUE = 2500       # queue-first
QUESTION_TO_REFUSE = 1 << 31  # what an answer sets in a question's mark: daemon/common/mark.h

# Where a router would send a packet.
END = f"""\
table inet end {{
    counter forwarded {{ }}
    chain end {{
        type filter hook postrouting priority 0; policy drop;
        iif {INTERFACE} counter name forwarded
    }}
}}
"""

_serial = itertools.count(1000)


class Gateway:
    """A namespace with one interface, and nothing that filters."""

    name = ""

    def __init__(self):
        self.namespace = None

    def __enter__(self):
        try:
            # lab.namespaces.sweep() knows these names, should this process be killed
            self.namespace = Namespace(f"{PREFIX}-{os.getpid()}-{next(_serial)}-bench")
            self.namespace.ip([f"link add {INTERFACE} type veth peer name line0",
                               *_silent_link(INTERFACE), *_silent_link("line0"),
                               # where the sources are at home, as check-sources sees it
                               f"route add 100.64.0.0/16 dev {INTERFACE}"])
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        with undisturbed():
            if self.namespace:
                try:
                    self.stop()
                finally:
                    self.namespace.remove()

    def start(self):
        """Put in place what filters."""

    def stop(self):
        """End what start() started; it may have got only half way."""

    def received(self, version=4):
        """Packets that arrived: IpInReceives, Ip6InReceives."""
        if version == 6:
            lines = map(str.split, self._proc(f"net/dev_snmp6/{INTERFACE}"))
            return int(dict(lines)["Ip6InReceives"])
        lines = self._proc("net/snmp")
        names, values = (line.split() for line in lines if line.startswith("Ip:"))
        return int(values[names.index("InReceives")])

    def forward(self):
        """Be a router: what is let pass is routed, and counted and dropped where it would be
        sent."""
        for key, value in FORWARDING.items():
            self.namespace.sysctl(key, value)
        self.namespace.ip(["link add wan0 type veth peer name line1",
                           *_silent_link("wan0"), *_silent_link("line1"),
                           "route add default via 192.0.2.1 dev wan0 onlink",
                           "route add default via fe80::1 dev wan0 onlink"])
        self._nft(END)

    def forwarded(self):
        """Packets that were routed and would be sent."""
        return read_counters(self.namespace, "end")["forwarded"]

    def counters(self):
        """{name: packets} of the table that filters; here there is none."""
        return {}

    def queues(self):
        """What the kernel says of each queue: number, port, held, mode, range, dropped because the
        queue was full, dropped because the socket's buffer was full, last id, 1."""
        lines = self._proc("net/netfilter/nfnetlink_queue")
        return [list(map(int, line.split())) for line in lines]

    def held(self):
        """Packets that wait for an answer."""
        return sum(queue[2] for queue in self.queues())

    def settle(self):
        """Wait until no packet waits for an answer."""
        wait_for(lambda: self.held() == 0, "the queues to be empty")

    def _proc(self, path):
        with self.namespace.entered():
            return pathlib.Path("/proc/thread-self", path).read_text(encoding="ascii").splitlines()

    def _nft(self, text):
        self.namespace.run(["nft", "-f", "-"], input=text)

    def _popen_textbook(self, queue, *bits):
        program = self.namespace.popen([TEXTBOOK, queue, *bits])
        wait_for(lambda: self.queues() or program.poll() is not None, "the textbook's queue")
        if program.poll() is not None:
            raise LabError("the textbook program ended")
        os.sched_setaffinity(program.pid, {processors()[1]})
        prefer(program.pid)
        return program


class Ruleset(Gateway):
    """Rules of nft in prerouting raw, and behind them a chain that counts what gets past."""

    TABLE = """\
table inet bench {{
    counter past {{ }}
    {sets}
    chain screen {{
        type filter hook prerouting priority raw; policy {policy};
        {rule}
    }}
    chain behind {{
        type filter hook prerouting priority raw + 1; policy accept;
        counter name past
    }}
}}
"""

    def __init__(self, name, rule="", sets="", policy="accept"):
        super().__init__()
        self.name = name
        self._text = self.TABLE.format(sets=sets, rule=rule, policy=policy)

    def start(self):
        self._nft(self._text)

    def refused(self):
        """Packets that arrived and did not get past."""
        return self.received() - read_counters(self.namespace, "bench")["past"]

    def asked(self):
        """Nobody is asked."""
        return 0


def policy_drop():
    """No rule at all; whatever arrives is dropped by the chain's policy."""
    return Ruleset("no rule, policy drop", policy="drop")


def port_drop():
    """One rule: the port, drop."""
    return Ruleset("tcp dport 25 drop", "tcp dport 25 drop")


def pair_drop(load):
    """One rule: the pair, looked up in a set that holds all of them, drop."""
    source, destination = map(ipaddress.ip_address, (FIRST_SOURCE, FIRST_DESTINATION))
    elements = ",".join(f"{source + number % load.sources} . {destination + number // load.sources}"
                        for number in range(load.pairs))
    return Ruleset("ip saddr . ip daddr @pairs drop", "ip saddr . ip daddr @pairs drop",
                   f"set pairs {{ type ipv4_addr . ipv4_addr; elements = {{ {elements} }} }}")


class Textbook(Gateway):
    """One rule that queues port 25, and the textbook program, which drops packet by packet."""

    name = "textbook"

    def __init__(self):
        super().__init__()
        self._program = None

    def start(self):
        self._queue_rule()
        self._program = self._popen_textbook(TEXTBOOK_QUEUE)

    def answered(self):
        """Packets that got an answer: given a number, not lost on the way, not waiting."""
        return sum(last - lost - held for _, _, held, _, _, _, lost, last, _ in self.queues())

    def busy(self):
        """Processor time of the thread that answers, in seconds."""
        return _busy(self._program.pid, self._program.pid)

    def _queue_rule(self):
        """nft's queue statement, or the NFQUEUE target where the kernel has no queue expression."""
        try:
            self._nft("table inet bench { chain screen { type filter hook prerouting priority raw; "
                      f"tcp dport 25 queue num {TEXTBOOK_QUEUE}; }} }}")
        except LabError:
            self.namespace.run(["iptables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport",
                                25, "-j", "NFQUEUE", "--queue-num", TEXTBOOK_QUEUE])


class Edge25Gateway(Gateway):
    """edge25 as people run it: edge25d, with its whole table."""

    name = "edge25"
    CONFIGURATION = """\
queues = 1
queue-first = {queue}
remember-pairs = {pairs}
remember-for = 1h
queue-rate = 10000000
policy "home" {{ {line} }}
policy "looked" {{ mode = {others}  deny = drop }}
range "subscribers" {{ prefixes = {{ "100.64.0.0/16", "2001:db8:1::/48" }}  policy = "home" }}
range "others" {{ prefix-file = "{prefixes}"  policy = "looked" }}
allow "relay" {{ to = {{ "203.0.113.25", "2001:db8:f::25" }}  comment = "our relay" }}
allow "servers" {{ from = {{ "100.65.0.0/28" }}  comment = "customers with servers" }}
"""

    SCREEN = "entered", "left"  # counters of count_screen()

    def __init__(self, directory, prefixes, pairs, *, name=None, settings="",
                 line="mode = block  deny = drop  pace = 0", others="monitor"):
        """prefixes: how many there are; pairs: how many can be remembered; name: if there are
        several; settings: lines of configuration; line: the policy of the sources; others: the mode
        of a policy that no packet meets."""
        super().__init__()
        self.name = name or self.name
        self._settings = settings
        self._line = line
        self._others = others
        self._directory = pathlib.Path(directory) / str(next(_serial))
        self._prefixes = prefixes
        self._pairs = pairs
        self.daemon = None

    def start(self):
        self._directory.mkdir()
        path = self._directory / "prefixes"
        path.write_text(make_prefixes(self._prefixes), encoding="ascii")
        configuration = self._settings + self.CONFIGURATION.format(queue=EDGE25_QUEUE,
                                                                   pairs=self._pairs,
                                                                   prefixes=path,
                                                                   line=self._line,
                                                                   others=self._others)
        self.daemon = Edge25(self.namespace, self._directory / "edge25", configuration)
        self.daemon.start()
        self._place()

    def stop(self):
        if self.daemon:
            self.daemon.stop()

    def counters(self):
        return read_counters(self.namespace, "edge25")

    def refused(self):
        """Packets that were refused, remembered or not."""
        return self.counters()["refused_home"]

    def asked(self):
        """Packets that user space was to answer, or was to be told about (check-sources)."""
        counters = self.counters()
        return counters["asked_home"] + counters["untrue_home"]

    def answered(self):
        """Packets that user space answered."""
        counters = self.counters()
        return counters["answered_refuse_home"] + counters["answered_pass_home"]

    def count_screen(self):
        """Count what enters chain screen and what leaves at its end. edge25d ends for that: as long
        as it runs, the table is its own."""
        self.daemon.stop()
        entered, left = self.SCREEN
        self._nft(f"add counter inet edge25 {entered}\nadd counter inet edge25 {left}\n"
                  f"insert rule inet edge25 screen counter name {entered}\n"
                  f"add rule inet edge25 screen counter name {left}\n")

    def busy(self):
        """Processor time of the thread that answers, in seconds."""
        return _busy(self.daemon.pid(ENGINE), self._queue_thread())

    def _queue_thread(self):
        for task in pathlib.Path(f"/proc/{self.daemon.pid(ENGINE)}/task").iterdir():
            if (task / "comm").read_text().startswith("queue"):
                return int(task.name)
        raise LabError("the engine has no queue thread")

    def _place(self):
        """The thread that answers has a core for itself, like the textbook's; what else edge25 does
        is elsewhere."""
        _, answering, rest = processors()
        for pid in (self.daemon.pid(), self.daemon.pid(ENGINE), self.daemon.pid(CONTROL)):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), rest)
        os.sched_setaffinity(self._queue_thread(), {answering})
        prefer(self._queue_thread())


class TextbookBehindEdge25(Edge25Gateway):
    """edge25's table and the textbook program in the engine's place: the kernel does the same."""

    name = "textbook, edge25's table"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._program = None

    def start(self):
        super().start()
        self.daemon.stop()  # the table stays
        self._program = self._popen_textbook(EDGE25_QUEUE, QUESTION_TO_REFUSE)

    def busy(self):
        return _busy(self._program.pid, self._program.pid)


def _silent_link(name):
    """Nothing but what is sent on purpose: no multicast listener reports."""
    return [f"link set {name} multicast off", f"link set {name} up"]


def make_prefixes(count):
    """Every other /29 of 10.0.0.0/8, so that none becomes one with its neighbour."""
    first = ipaddress.ip_address("10.0.0.0")
    return "".join(f"{first + number * 16}/29\n" for number in range(count))


def _busy(pid, thread):
    text = pathlib.Path(f"/proc/{pid}/task/{thread}/schedstat").read_text(encoding="ascii")
    return int(text.split()[0]) / 1e9


def missing_programs():
    """The programs of the benchmark that were not built."""
    return [path.name for path in (TEXTBOOK, BUILD / "bench/inject", KERNEL_LOAD)
            if not path.exists()]
