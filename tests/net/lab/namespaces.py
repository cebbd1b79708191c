# SPDX-License-Identifier: GPL-2.0-or-later
"""Subscribers, a gateway and an internet in network namespaces.

    subscriber 0   100.64.0.2, 2001:db8:1::2     eth0 --- sub0 \\
    subscriber 1   100.64.1.2, 2001:db8:1:1::2   eth0 --- sub1  gateway  wan0 --- eth0  internet
    ...                                                        /                        eth1
                                                                                          |
                                                                                 eth0   crowd

Every address of INTERNET is the internet's own; the MailServer runs there. Every address of CROWD
is the crowd's own, with a Listener on port 25: mail servers by the thousand, for bots.
Nothing outside these namespaces changes.
"""

import contextlib
import ctypes
import ipaddress
import itertools
import os
import pathlib
import re
import signal
import socket
import subprocess

from .host import LabError, undisturbed, wait_for
from .sockets import Listener

PREFIX = "e25"
INTERNET = ("203.0.113.0/24", "198.51.100.0/24", "2001:db8:f::/48")
CROWD = {4: "198.18.0.0/15", 6: "2001:db8:c::/48"}
WAN = {4: ("192.0.2.1/30", "192.0.2.2/30"), 6: ("2001:db8:e::1/64", "2001:db8:e::2/64")}
FAR = {4: ("192.0.2.5/30", "192.0.2.6/30"), 6: ("2001:db8:e:1::1/64", "2001:db8:e:1::2/64")}
SYSCTLS = {
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
    "net.ipv6.conf.all.disable_ipv6": 0,
    "net.ipv6.conf.all.accept_ra": 0,
    "net.ipv6.conf.default.accept_ra": 0,
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv6.ip_nonlocal_bind": 1,  # sources from delegated prefixes
    "net.ipv4.tcp_synack_retries": 0,  # servers do not go on about what a change of rules cut off
    "net.ipv4.tcp_orphan_retries": 1,
    "net.ipv6.conf.default.addr_gen_mode": 1,  # no link-local addresses, so no chatter on the wires
}
FORWARDING = {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1}
RESOLVERS = pathlib.Path("/etc/resolv.conf")
POLITENESS = 5  # seconds that a process has to end by itself
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_serial = itertools.count()


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")


def _resolvers():
    """The machine's name servers, which nothing in a namespace reaches."""
    lines = RESOLVERS.read_text(encoding="utf-8").splitlines() if RESOLVERS.exists() else []
    words = [line.split() for line in lines if line.startswith("nameserver")]
    return [word[1].partition("%")[0] for word in words if len(word) > 1]


def _ip(*arguments, text=None):
    result = subprocess.run(["ip", *arguments], input=text, capture_output=True, text=True)
    if result.returncode != 0:
        raise LabError(f"ip {' '.join(arguments)}: {result.stderr.strip()}\n{text or ''}")
    return result.stdout


class Namespace:
    """One network namespace, and the processes started in it."""

    def __init__(self, name, sysctls=()):
        self.name = name
        self.processes = []
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
        for key, value in {**SYSCTLS, **dict(sysctls)}.items():
            self.sysctl(key, value)
        # A look-up of the machine's own name fails at once instead of waiting for an answer.
        self.ip([f"route add unreachable {address}" for address in _resolvers()
                 if not ipaddress.ip_address(address).is_loopback])

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is here for the block; sockets opened meanwhile stay here."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            target = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                _setns(target)
            finally:
                os.close(target)
            try:
                yield
            finally:
                _setns(home)
        finally:
            os.close(home)

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        """A socket that belongs to this namespace."""
        with self.entered():
            return socket.socket(family, kind, protocol)

    def sysctl(self, key, value):
        """Set one sysctl of this namespace."""
        with self.entered():
            pathlib.Path("/proc/sys", *key.split(".")).write_text(f"{value}\n")

    def ip(self, commands):
        """Apply lines of ip commands, all in one process."""
        _ip("-n", self.name, "-batch", "-", text="\n".join(commands) + "\n")

    def run(self, argv, check=True, timeout=60, **options):
        """Run a command here to its end; its output is text in .stdout and .stderr."""
        try:
            result = subprocess.run(self._argv(argv), capture_output=True, text=True,
                                    timeout=timeout, **options)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{self.name}: {error}") from error
        if check and result.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(map(str, argv))}: exit code "
                           f"{result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def popen(self, argv, **options):
        """Start a command here; .pid is its own. It ends with the namespace at the latest."""
        process = subprocess.Popen(self._argv(argv), start_new_session=True, **options)
        self.processes.append(process)
        return process

    def _argv(self, argv):
        return ["ip", "netns", "exec", self.name, *map(str, argv)]

    def remove(self):
        """End what still runs here, then remove the namespace."""
        remove_namespace(self.name, self.processes)


class Subscriber(Namespace):
    """A subscriber line: its addresses, and the gateway's interface that leads to it."""

    def __init__(self, name, index, interface=None):
        super().__init__(name)
        self.index = index
        self.interface = interface or f"sub{index}"
        self.address4 = f"100.64.{index}.2"
        self.address6 = str(ipaddress.ip_address(f"2001:db8:1:{index:x}::2"))

    def address(self, version):
        """The subscriber's address of IP version 4 or 6."""
        return self.address4 if version == 4 else self.address6


class Topology:
    """Context manager: the namespaces, connected.

    Use .subscribers[n], .gateway, .internet, .crowd, and .mail_servers (the crowd's Listener).
    """

    def __init__(self, subscribers=3):
        self.prefix = f"{PREFIX}-{os.getpid()}-{next(_serial)}"
        self.count = subscribers
        self.subscribers = []
        self.gateway = self.internet = self.crowd = None
        self.mail_servers = None

    def __enter__(self):
        sweep()
        try:
            self.gateway = Namespace(f"{self.prefix}-gw", FORWARDING)
            self.internet = Namespace(f"{self.prefix}-net", FORWARDING)
            self.crowd = Namespace(f"{self.prefix}-crowd")
            self._connect_internet()
            for index in range(self.count):
                self.subscribers.append(Subscriber(f"{self.prefix}-s{index}", index))
                self._connect_subscriber(self.subscribers[index])
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Remove every namespace of this topology with all that runs in it."""
        with undisturbed():
            if self.mail_servers:
                self.mail_servers.close()
            for namespace in (*self.subscribers, self.crowd, self.internet, self.gateway):
                if namespace:
                    namespace.remove()
            # An interrupted start may have left a namespace that nobody had a handle of.
            for name in _names():
                if name.startswith(self.prefix + "-"):
                    remove_namespace(name)

    def _connect_internet(self):
        self.link(self.gateway, "wan0", self.internet, "eth0", 0xff)
        self.link(self.internet, "eth1", self.crowd, "eth0", 0xfe)
        for version in (4, 6):
            self._connect(self.gateway, "wan0", self.internet, "eth0", 0xff, WAN[version])
            self._connect(self.internet, "eth1", self.crowd, "eth0", 0xfe, FAR[version])
            self.internet.ip([f"route add {CROWD[version]} via {_host(FAR[version][1])}"])
            self.crowd.ip([f"route add local {CROWD[version]} dev lo"])
            self.gateway.ip([f"route add default via {_host(WAN[version][1])}"])
        self.internet.ip([f"route add local {prefix} dev lo" for prefix in INTERNET])
        self.mail_servers = Listener(self.crowd, 25)

    def _connect_subscriber(self, subscriber):
        self.link(self.gateway, subscriber.interface, subscriber, "eth0", subscriber.index)
        for address in (f"{subscriber.address4}/24", f"{subscriber.address6}/64"):
            self.add_network(subscriber, address)
            subscriber.ip([f"route add default via {_host(_first_host(address))}"])

    @contextlib.contextmanager
    def another_subscriber(self, interface):
        """One more line, by an interface of this name in the gateway, until the end of the block."""
        index = len(self.subscribers)
        subscriber = Subscriber(f"{self.prefix}-s{index}", index, interface)
        try:
            self._connect_subscriber(subscriber)
            self.subscribers.append(subscriber)
            yield subscriber
        finally:
            with undisturbed():
                if subscriber in self.subscribers:
                    self.subscribers.remove(subscriber)
                subscriber.remove()
                self.gateway.run(["ip", "link", "delete", interface], check=False)

    def add_network(self, subscriber, address):
        """Give a subscriber one more address ("10.9.0.2/24"); the gateway becomes the network's
        first host. For sources outside the ranges, and for ranges within ranges."""
        self._address(self.gateway, subscriber.interface, subscriber.index, 1,
                      _first_host(address), address)
        self._address(subscriber, "eth0", subscriber.index, 2, address, _first_host(address))

    def delegate(self, subscriber, prefix):
        """Every address of a prefix becomes the subscriber's own, as sources and destinations."""
        via = subscriber.address(6 if ":" in prefix else 4)
        subscriber.ip([f"route replace local {prefix} dev lo"])
        self.gateway.ip([f"route replace {prefix} via {via}"])

    @staticmethod
    def mac(number, end):
        """The MAC address of one end (1, 2) of a cable."""
        return _mac(number, end)

    @staticmethod
    def link(near, near_interface, far, far_interface, number):
        """A cable between two namespaces, up on both ends."""
        near.ip([f"link add {near_interface} address {_mac(number, 1)} type veth peer name "
                 f"{far_interface} netns {far.name} address {_mac(number, 2)}",
                 f"link set {near_interface} up"])
        far.ip([f"link set {far_interface} up"])

    def _connect(self, near, near_interface, far, far_interface, number, addresses):
        """Addresses for both ends of a cable; the far end's way to everything else leads back."""
        self._address(near, near_interface, number, 1, *addresses)
        self._address(far, far_interface, number, 2, *reversed(addresses))
        far.ip([f"route add default via {_host(addresses[0])}"])

    @staticmethod
    def _address(namespace, interface, number, end, address, neighbour):
        nodad = " nodad" if ":" in address else ""
        namespace.ip([f"address add {address} dev {interface}{nodad}",
                      f"neighbour replace {_host(neighbour)} lladdr {_mac(number, 3 - end)} "
                      f"dev {interface} nud permanent"])


def destinations(count, version=4):
    """The first COUNT addresses of the crowd's mail servers."""
    network = ipaddress.ip_network(CROWD[version])
    return [str(network[number]) for number in range(1, count + 1)]


def remove_namespace(name, processes=()):
    """End every process in a namespace, first politely, then surely, and remove the namespace."""
    if name not in _names():
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        # A process that was just started may not have entered the namespace yet.
        started = (process.pid for process in processes if process.poll() is None)
        for pid in {*_pids(name), *started}:
            _signal(pid, number)
            _signal(pid, signal.SIGCONT)
        try:
            wait_for(lambda: _gone(name, processes), f"the processes of {name} to end", POLITENESS)
            break
        except LabError:
            if number == signal.SIGKILL:
                raise
    _ip("netns", "delete", name)


def sweep():
    """Remove what earlier runs left that were killed before they could do it themselves."""
    for name in _names():
        match = re.match(rf"{PREFIX}-(\d+)-\d+-", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            remove_namespace(name)


def _first_host(address):
    network = ipaddress.ip_interface(address).network
    return f"{network[1]}/{network.prefixlen}"


def _host(address):
    return address.split("/")[0]


def _mac(number, end):
    return f"02:e2:05:00:{number:02x}:{end:02x}"


def _names():
    directory = pathlib.Path("/run/netns")
    return sorted(entry.name for entry in directory.iterdir()) if directory.is_dir() else []


def _pids(name):
    return [int(pid) for pid in _ip("netns", "pids", name).split()]


def _gone(name, processes):
    ended = [process.poll() is not None for process in processes]
    return all(ended) and not _pids(name)


def _signal(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
