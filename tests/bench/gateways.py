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
import subprocess

from lab.edge25 import BUILD
from lab.host import LabError, undisturbed, wait_for
from lab.namespaces import FORWARDING, PREFIX, Namespace

from counters import read_counters
from traffic import FIRST_DESTINATION, FIRST_SOURCE, INTERFACE, prefer, processors

PROGRAMS = "inject", "textbook", "logreader", "setup", "bulk", "kernel_load"
TEXTBOOK, LOGREADER = BUILD / "bench/textbook", BUILD / "bench/logreader"
KERNEL_LOAD = BUILD / "bench/kernel_load"  # COUNT: prints the seconds that the kernel takes
TEXTBOOK_QUEUE = 1
LOG_GROUP = 1
NEXT_HOP = "192.0.2.9"  # of what goes back to sources
NOBODY = "02:e2:05:00:00:fe"

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

# The least that a filter at this hook can do, and the same before a hook of which nothing is asked: what
# a queue lets go for want of an answer is met nowhere else.
ONE_RULE = """\
table inet bench {
    chain screen {
        type filter hook prerouting priority raw; policy accept;
        tcp dport 25 drop
    }
}
"""
EMPTY_CHAIN = """\
table inet bench {
    chain behind {
        type filter hook prerouting priority raw + 1; policy accept;
    }
}
"""

# The least that every promise takes of what is not for port 25: found are the three ports, fragments
# without one, what a server says from port 25, and behind a queue what nobody answered.
BY_HAND = """\
table inet bench {
    chain screen {
        type filter hook prerouting priority raw; policy accept;
        th sport != 25 @th,0,32 & 0xfc25 != 0x1 accept
        drop
    }
    chain behind {
        type filter hook prerouting priority raw + 1; policy accept;
        th dport 25 meta mark != 0x0/8 drop
    }
}
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
                               *silent_link(INTERFACE), *silent_link("line0"),
                               # where the sources are at home, as check-sources sees it, and
                               # where resets go
                               f"route add 100.64.0.0/16 via {NEXT_HOP} dev {INTERFACE} onlink",
                               f"neighbour add {NEXT_HOP} lladdr {NOBODY} dev {INTERFACE} "
                               "nud permanent"])
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
                           *silent_link("wan0"), *silent_link("line1"),
                           "route add default via 192.0.2.1 dev wan0 onlink",
                           "route add default via fe80::1 dev wan0 onlink"])
        self.nft(END)

    def forwarded(self):
        """Packets that were routed and would be sent."""
        return read_counters(self.namespace, "end")["forwarded"]

    def counters(self):
        """{name: packets} of the table that filters; here there is none."""
        return {}

    def queues(self):
        """What the kernel says of each queue: number, port, held, mode, range, dropped because the
        queue was full, dropped because the socket's buffer was full, last id, 1."""
        return queues(self.namespace)

    def held(self):
        """Packets that wait for an answer."""
        return sum(queue[2] for queue in self.queues())

    def settle(self):
        """Wait until no packet waits for an answer."""
        wait_for(lambda: self.held() == 0, "the queues to be empty")

    def _proc(self, path):
        return proc(self.namespace, path)

    def nft(self, text):
        """Load rules."""
        self.namespace.run(["nft", "-f", "-"], input=text)

    def popen_textbook(self, queue, *bits):
        """The textbook program, where edge25's thread would be."""
        program = popen_textbook(self.namespace, queue, *bits)
        os.sched_setaffinity(program.pid, {processors()[1]})
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
        self.nft(self._text)

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


class Logged(Ruleset):
    """One rule that drops the port and tells a program of each packet, which reads it."""

    def __init__(self):
        rule = f"tcp dport 25 log group {LOG_GROUP} drop"
        super().__init__(rule, rule)
        self._reader = None

    def start(self):
        self._reader = self.namespace.popen([LOGREADER, LOG_GROUP], stdout=subprocess.PIPE,
                                            text=True)
        wait_for(lambda: self._proc("net/netfilter/nfnetlink_log"), "the reader of the log")
        os.sched_setaffinity(self._reader.pid, {processors()[1]})
        prefer(self._reader.pid)
        super().start()

    def told(self):
        """The reader ends; of how many packets it was told."""
        self._reader.terminate()
        return int(self._reader.communicate()[0])


class Textbook(Gateway):
    """One rule that queues port 25, and the textbook program, which drops packet by packet."""

    name = "textbook"

    def __init__(self):
        super().__init__()
        self._program = None

    def start(self):
        queue_port(self.namespace)
        self._program = self.popen_textbook(TEXTBOOK_QUEUE)

    def answered(self):
        """Packets that got an answer: given a number, not lost on the way, not waiting."""
        return sum(last - lost - held for _, _, held, _, _, _, lost, last, _ in self.queues())

    def busy(self):
        """Processor time of the thread that answers, in seconds."""
        return busy(self._program.pid, self._program.pid)

    def ended(self):
        """Packets of which it is known what became of them: an answer."""
        return self.answered()


def proc(namespace, path):
    """The lines of a file of /proc that tells of a namespace."""
    with namespace.entered():
        return pathlib.Path("/proc/thread-self", path).read_text(encoding="ascii").splitlines()


def queues(namespace):
    """What the kernel says of each queue: see Gateway.queues()."""
    return [list(map(int, line.split()))
            for line in proc(namespace, "net/netfilter/nfnetlink_queue")]


def queue_port(namespace, *, openings=False, count=1):
    """One rule that queues port 25, or openings to it alone, to so many queues: nft's queue statement,
    or the NFQUEUE target where the kernel has no queue expression."""
    last = TEXTBOOK_QUEUE + count - 1
    several = count > 1
    try:
        namespace.run(["nft", "-f", "-"], input=(
            "table inet bench { chain screen { type filter hook prerouting priority raw; "
            f"tcp dport 25 {'tcp flags syn / fin,syn,rst,ack' if openings else ''} "
            f"queue num {TEXTBOOK_QUEUE}{f'-{last}' if several else ''}; }} }}"))
    except LabError:
        namespace.run(["iptables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport", 25,
                       *(["--syn"] if openings else []),
                       "-j", "NFQUEUE", *(["--queue-balance", f"{TEXTBOOK_QUEUE}:{last}"]
                                          if several else ["--queue-num", TEXTBOOK_QUEUE])])


def popen_textbook(namespace, queue, *bits):
    """The textbook program, when its queue is there."""
    program = namespace.popen([TEXTBOOK, queue, *bits])
    wait_for(lambda: queue in [found[0] for found in queues(namespace)]
             or program.poll() is not None, "the textbook's queue")
    if program.poll() is not None:
        raise LabError("the textbook program ended")
    prefer(program.pid)
    return program


def silent_link(name):
    """Nothing but what is sent on purpose: no multicast listener reports."""
    return [f"link set {name} multicast off", f"link set {name} up"]


def busy(pid, thread):
    """Processor time of a thread, in seconds."""
    text = pathlib.Path(f"/proc/{pid}/task/{thread}/schedstat").read_text(encoding="ascii")
    return int(text.split()[0]) / 1e9


def missing_programs():
    """The programs of the benchmark that were not built."""
    return [name for name in PROGRAMS if not (BUILD / "bench" / name).exists()]
