# SPDX-License-Identifier: GPL-2.0-or-later
"""In control's place at engine.sock (daemon/common/message.h): single changes of the kernel's table,
and what the engine tells, without what control makes of it.

    with killed(edge25, CONTROL), Peer(edge25) as peer:
        peer.contain(host_of("100.64.0.2"), seconds=60)
"""

import dataclasses
import ipaddress
import socket
import struct
import time

from .host import LabError, wait_for

VERSION = 3
CHANGE, READ, ACK, EVENT, COUNTER, TALLY, END = 3, 4, 5, 6, 7, 8, 11  # enum message_type
HANDSHAKE = 2   # enum message_event_kind
SUBMISSION = 3  # enum message_tally_kind
ADD, DELETE = 1, 2  # enum message_op
SOURCE = 1          # enum allow_kind
WATCHED, ALWAYS, CONTAINED = 1, 2, 3  # enum allow_way
HEADER = struct.Struct("=HHIQ")
ACKNOWLEDGED = struct.Struct("=iII244s")
ELEMENT = struct.Struct("=BBBBI16s16s16s16sQ")
EVENTS = struct.Struct("=QB16sB16sHH12xBx4x")
TALLIES = struct.Struct("=B16sB2xIQ")
PATIENCE = 10


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the engine said to a change."""

    error: int
    text: str


@dataclasses.dataclass(frozen=True)
class Event:
    """A packet that the engine tells of."""

    kind: int
    source: str
    destination: str
    source_port: int
    destination_port: int


class Peer:
    """Context manager: the one peer of the engine; control must not be there."""

    def __init__(self, edge25):
        self._path = str(edge25.directory / "run/engine.sock")
        self._sequence = 0
        self.events = []

    def __enter__(self):
        self._socket = wait_for(self._connected, "the engine to take a peer")
        return self

    def __exit__(self, *exception):
        self._socket.close()

    def contain(self, host, seconds=0, expected=0):
        """Cut a host off, an address or an IPv6 prefix; without an end if SECONDS is 0."""
        return self._change(ADD, contained(host, seconds), expected)

    def release(self, host, expected=0):
        """Let it go."""
        return self._change(DELETE, contained(host), expected)

    def allow(self, source, way, expected=0):
        """An exact entry of that way for a source."""
        return self._change(ADD, element(ipaddress.ip_network(source), way), expected)

    def disallow(self, source, way, expected=0):
        """The entry is gone."""
        return self._change(DELETE, element(ipaddress.ip_network(source), way), expected)

    def told(self, kind):
        """The events of a kind so far."""
        self.tallies(0)  # events that came before it
        return [event for event in self.events if event.kind == kind]

    def tallies(self, kind):
        """What is counted of each host, by its address."""
        self._sequence += 1
        self._socket.send(HEADER.pack(VERSION, READ, 0, self._sequence))
        tallies = {}
        while True:
            message, got, sequence = self._receive()
            if got == TALLY and sequence == self._sequence:
                for record in TALLIES.iter_unpack(message[HEADER.size:]):
                    if record[2] == kind:
                        tallies[address_of(*record[:2])] = record[4]
            if (got, sequence) == (END, self._sequence):
                return tallies

    def _receive(self):
        """One message; events are kept."""
        message = self._socket.recv(65536)
        if not message:
            raise LabError("the engine hung up")
        _, kind, _, sequence = HEADER.unpack_from(message)
        if kind == EVENT:
            for record in EVENTS.iter_unpack(message[HEADER.size:]):
                self.events.append(Event(record[7], address_of(*record[1:3]),
                                         address_of(*record[3:5]), *record[5:7]))
        return message, kind, sequence

    def _connected(self):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        peer.settimeout(PATIENCE)
        try:
            peer.connect(self._path)
            if peer.recv(65536):
                return peer
        except (ConnectionError, FileNotFoundError):
            pass
        peer.close()
        return None

    def _change(self, operation, which, expected):
        self._sequence += 1
        self._socket.send(HEADER.pack(VERSION, CHANGE, 1, self._sequence)
                          + struct.pack("=B7x", operation) + which)
        kind = sequence = None
        while (kind, sequence) != (ACK, self._sequence):
            message, kind, sequence = self._receive()
        error, _, _, text = ACKNOWLEDGED.unpack_from(message, HEADER.size)
        answer = Answer(-error, text.partition(b"\0")[0].decode())
        assert answer.error == expected, answer
        return answer


def host_of(address):
    """What a policy with host-prefix6 = 64 takes for the host."""
    return address if ":" not in address else str(ipaddress.ip_network(f"{address}/64",
                                                                       strict=False))


def address_of(family, octets):
    """A struct addr as text."""
    return socket.inet_ntop(socket.AF_INET6 if family == 6 else socket.AF_INET,
                            octets[:16 if family == 6 else 4])


def contained(host, seconds=0):
    """The element of a contained host."""
    return element(ipaddress.ip_network(host), CONTAINED, seconds)


def element(network, way, seconds=0):
    """A struct allow_element for a source."""
    ends = [address.packed.ljust(16, b"\0")
            for address in (network.network_address, network.broadcast_address)]
    expires = int((time.clock_gettime(time.CLOCK_BOOTTIME) + seconds) * 1000) if seconds else 0
    return ELEMENT.pack(SOURCE, network.version, 1, way, 0, *ends, b"", b"", expires)
