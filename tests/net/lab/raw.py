# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets built byte by byte and put on a subscriber's wire: openings that nobody repeats, so that
they can be counted, and packets that no honest TCP sends."""

import errno
import fcntl
import itertools
import socket
import struct
import threading
import time

from .packets import ACK, PSH, SYN, TCP
from .sockets import family_of

SIOCGIFHWADDR = 0x8927
ETHERTYPE = {4: 0x0800, 6: 0x86dd}
FRAGMENT = 44  # IPv6 next header
MORE_FRAGMENTS = 0x2000

_ports = itertools.cycle(range(20000, 30000))  # below those that the kernel gives to connections


def tcp(source, destination, port=25, offset=5, options=b"", flags=SYN, payload=b"", spoil=0,
        from_port=None):
    """A segment, by default a SYN; offset: how long its header claims to be, in words; spoil: how
    far its checksum is off."""
    header = struct.pack("!HHIIBBHHH", from_port or next(_ports), port, 1, 0, offset << 4, flags,
                         64240, 0, 0)
    segment = header + options + payload
    pseudo = packed(source) + packed(destination) + struct.pack("!II", len(segment), TCP)
    checksum = int.from_bytes(_checksum(pseudo + segment), "big") ^ spoil
    return segment[:16] + struct.pack("!H", checksum) + segment[18:]


def ipv4(source, destination, payload, options=b"", fragment=0, number=25):
    """An IPv4 packet; fragment is the word of flags and offset, number the identification."""
    words = 5 + len(options) // 4
    header = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), number,
                         fragment, 64, TCP, 0) + packed(source) + packed(destination) + options
    return header[:10] + _checksum(header) + header[12:] + payload


def ipv6(source, destination, payload, following=TCP):
    """An IPv6 packet whose payload begins with the header named by following."""
    return (struct.pack("!IHBB", 6 << 28, len(payload), following, 64) + packed(source)
            + packed(destination) + payload)


def opening(source, destination, port=25):
    """One SYN, as anybody sends it."""
    build = ipv6 if ":" in destination else ipv4
    return build(source, destination, tcp(source, destination, port))


def greeting(server, source, port=30000):
    """What a mail server says first, as if to a connection of the source's."""
    build = ipv6 if ":" in server else ipv4
    return build(server, source, tcp(server, source, port, flags=PSH | ACK, from_port=25,
                                     payload=b"220 listener ESMTP\r\n"))


def openings(subscriber, destinations, port=25):
    """A SYN of the subscriber to each destination."""
    return [opening(subscriber.address(6 if ":" in destination else 4), destination, port)
            for destination in destinations]


def strangers(count):
    """Mail servers in the crowd by the ten thousand, none of which the gate's checks ever use."""
    return [f"2001:db8:c:f::{number:x}" for number in range(1, count + 1)]


class Wire:
    """Context manager: a subscriber's wire to the gateway."""

    def __init__(self, topology, subscriber):
        self._socket = subscriber.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        with topology.gateway.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            name = struct.pack("256s", subscriber.interface.encode())
            self._gateway = fcntl.ioctl(other, SIOCGIFHWADDR, name)[18:24]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._socket.close()

    def send(self, packets):
        """Put packets on the wire, as they are; one that the other end has no room for, again."""
        for packet in packets:
            while not self._sent(packet):
                time.sleep(0.001)

    def _sent(self, packet):
        try:
            self._socket.sendto(packet, ("eth0", ETHERTYPE[packet[0] >> 4], 0, 0, self._gateway))
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            return False
        return True


class Stream:
    """Context manager: a subscriber that goes on opening connections, each packet once and to
    another server, as many a second as RATE says, until the block ends."""

    RATE = 2000
    BURST = 20
    MOST = 60000

    def __init__(self, topology, subscriber, port=25):
        self.sent = 0
        self._wire = Wire(topology, subscriber)
        self._packets = openings(subscriber, strangers(self.MOST), port)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()
        self._wire.__exit__()

    def _send(self):
        pause = self.BURST / self.RATE
        due = time.monotonic()
        while self.sent < len(self._packets) and not self._stop.wait(due - time.monotonic()):
            self._wire.send(self._packets[self.sent:self.sent + self.BURST])
            self.sent += self.BURST
            due += pause


def packed(address):
    """The bytes of an address."""
    return socket.inet_pton(family_of(address), address)


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", ~total & 0xffff)
