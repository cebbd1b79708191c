# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's dnsmasq as the gateway's DHCP server, and a client that may call itself anything."""

import contextlib
import os
import pathlib
import shutil
import socket
import struct

from .host import LabError, wait_for
from .namespaces import Topology

DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
HOST_NAME, REQUESTED, KIND, SERVER, END = 12, 50, 53, 54, 255
COOKIE = b"\x63\x82\x53\x63"
BROADCAST = 0x8000  # the answer shall come as one: no address to send it to
LENGTH = 240  # of what comes before the options, with the cookie (RFC 2131)


def dnsmasq_program():
    """Where dnsmasq is, or None."""
    return shutil.which("dnsmasq", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Dnsmasq:
    """Context manager: dnsmasq for IPv4 on a subscriber's line, with its lease file."""

    def __init__(self, gateway, subscriber, directory):
        self.directory = pathlib.Path(directory)
        self.leases = self.directory / "dnsmasq.leases"
        self._gateway = gateway
        self._subscriber = subscriber
        self._process = None

    def __enter__(self):
        self.directory.mkdir()
        shutil.chown(self.directory, "nobody")
        network = self._subscriber.address4.rpartition(".")[0]
        with open(self.directory / "log", "w", encoding="utf-8") as log:
            self._process = self._gateway.popen(
                [dnsmasq_program(), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
                 "--user=nobody", "--log-facility=-", "--pid-file", "--no-ping",
                 f"--interface={self._subscriber.interface}", "--bind-interfaces",
                 f"--dhcp-leasefile={self.leases}", "--dhcp-authoritative",
                 f"--dhcp-range={network}.100,{network}.199,255.255.255.0,1h"],
                stdout=log, stderr=log)
        wait_for(self._listens, lambda: f"dnsmasq to listen\n{self.log()}")
        return self

    def __exit__(self, *exception):
        self._process.terminate()
        self._process.wait(20)

    def log(self):
        """What dnsmasq said."""
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    def _listens(self):
        if self._process.poll() is not None:
            raise LabError(f"dnsmasq ended\n{self.log()}")
        with self._gateway.entered():
            return any(line.split()[1].endswith(":0043") for line in
                       pathlib.Path("/proc/thread-self/net/udp").read_text().splitlines()[1:])


@contextlib.contextmanager
def lease(server, subscriber, host_name):
    """The subscriber has an address from the server, which it told this name (bytes), until the end
    of the block."""
    address = _take_lease(server, subscriber, host_name)
    subscriber.ip([f"address add {address}/24 dev eth0"])
    try:
        yield address
    finally:
        subscriber.ip([f"address delete {address}/24 dev eth0"])


def _take_lease(server, subscriber, host_name):
    """Discover, offer, request, acknowledgement; the address."""
    with subscriber.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        peer.bind(("0.0.0.0", 68))
        peer.settimeout(20)
        mac = bytes.fromhex(Topology.mac(subscriber.index, 2).replace(":", ""))
        name = bytes([HOST_NAME, len(host_name)]) + host_name
        offer, address = _ask(server, peer, mac, OFFER, bytes([KIND, 1, DISCOVER]) + name)
        wanted = (bytes([REQUESTED, 4]) + address + bytes([SERVER, 4]) + offer[SERVER])
        _, address = _ask(server, peer, mac, ACK, bytes([KIND, 1, REQUEST]) + wanted + name)
        return socket.inet_ntoa(address)


def _ask(server, peer, mac, expected, options):
    """Send a message; the options of the answer, and the address in it."""
    transaction = os.urandom(4)
    head = struct.pack("!BBBB4sHH16x16s192x", 1, 1, 6, 0, transaction, 0, BROADCAST, mac)
    peer.sendto(head + COOKIE + options + bytes([END]), ("255.255.255.255", 67))
    while True:
        try:
            answer = peer.recv(4096)
        except socket.timeout as error:
            raise LabError(f"no answer from dnsmasq\n{server.log()}") from error
        if answer[4:8] == transaction:
            found = _options(answer[LENGTH:])
            if found[KIND][0] != expected:
                raise LabError(f"dnsmasq answered {found[KIND][0]}\n{server.log()}")
            return found, answer[16:20]


def _options(data):
    found = {}
    while data and data[0] != END:
        if data[0] == 0:
            data = data[1:]
            continue
        found[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return found
