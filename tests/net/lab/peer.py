# SPDX-License-Identifier: GPL-2.0-or-later
"""In control's place at engine.sock (daemon/common/message.h): single changes of the kernel's table,
and how long each takes, without what control decides.

    with killed(edge25, CONTROL), Peer(edge25) as peer:
        peer.contain("100.64.0.2", seconds=60)
"""

import dataclasses
import ipaddress
import socket
import struct
import time

from .host import LabError, wait_for

VERSION = 2
CHANGE, ACK = 3, 5  # enum message_type
ADD, DELETE = 1, 2  # enum message_op
SOURCE = 1          # enum allow_kind
WATCHED, ALWAYS, CONTAINED = 1, 2, 3  # enum allow_way
HEADER = struct.Struct("=HHIQ")
ACKNOWLEDGED = struct.Struct("=iII244s")
ELEMENT = struct.Struct("=BBBBI16s16s16s16sQ")
PATIENCE = 10


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the engine said to a change, and after how many seconds."""

    error: int
    text: str
    seconds: float


class Peer:
    """Context manager: the one peer of the engine; control must not be there."""

    def __init__(self, edge25):
        self._path = str(edge25.directory / "run/engine.sock")
        self._sequence = 0

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
        begin = time.monotonic()
        self._socket.send(HEADER.pack(VERSION, CHANGE, 1, self._sequence)
                          + struct.pack("=B7x", operation) + which)
        while True:
            message = self._socket.recv(65536)
            seconds = time.monotonic() - begin
            if not message:
                raise LabError("the engine hung up")
            _, kind, _, sequence = HEADER.unpack_from(message)
            if (kind, sequence) == (ACK, self._sequence):
                break
        error, _, _, text = ACKNOWLEDGED.unpack_from(message, HEADER.size)
        answer = Answer(-error, text.partition(b"\0")[0].decode(), seconds)
        assert answer.error == expected, answer
        return answer


def contained(host, seconds=0):
    """The element of a contained host."""
    return element(ipaddress.ip_network(host), CONTAINED, seconds)


def element(network, way, seconds=0):
    """A struct allow_element for a source."""
    ends = [address.packed.ljust(16, b"\0")
            for address in (network.network_address, network.broadcast_address)]
    expires = int((time.clock_gettime(time.CLOCK_BOOTTIME) + seconds) * 1000) if seconds else 0
    return ELEMENT.pack(SOURCE, network.version, 1, way, 0, *ends, b"", b"", expires)
