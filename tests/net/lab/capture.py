# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures packets on an interface of a namespace: every one that matched, or an error.

The socket is bound and filtered before the constructor returns, so nothing sent afterwards is
missed. On the sender's own interface a packet is captured within the system call that sends it.
"""

import collections
import ctypes
import functools
import os
import select
import socket
import struct
import subprocess
import threading

from .host import LabError, wait_for
from .packets import parse

ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_STATISTICS = 6
SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
BUFFER = 64 << 20
SNAPSHOT = 2048


class CaptureLost(LabError):
    """The kernel dropped packets before the capture read them, so its counts mean nothing."""


class Capture:
    """Context manager: what passes an interface, by a pcap filter expression."""

    def __init__(self, namespace, interface="eth0", expression="ip or ip6"):
        self._frames = []
        self._statistics = [0, 0]
        self._closed = False
        program = _compile(expression)
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        code = ctypes.create_string_buffer(program, len(program))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                                struct.pack("HP", len(program) // 8, ctypes.addressof(code)))
        self._socket.setblocking(False)
        self._socket.bind((interface, ETH_P_ALL))
        self._wake = os.eventfd(0)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, exception, *details):
        try:
            if exception is None:
                self.stop()
        finally:
            self._close()

    def stop(self):
        """Read what has arrived until now and end; raises CaptureLost if anything was dropped."""
        if not self._closed:
            self._close()
        if self._statistics[1]:
            raise CaptureLost(f"the capture lost {self._statistics[1]} of {self._statistics[0]}")

    def packets(self):
        """The packets so far, oldest first; those of a capture that goes on come within moments."""
        parsed = (parse(*frame) for frame in list(self._frames))
        return [packet for packet in parsed if packet]

    def openings(self, port=25):
        """The TCP SYNs to a port."""
        return [packet for packet in self.packets() if packet.is_opening(port)]

    def attempts(self, port=25):
        """How many SYNs each (source, destination, source port) sent to a port, as a Counter."""
        return collections.Counter((packet.source, packet.destination, packet.source_port)
                                   for packet in self.openings(port))

    def destinations(self, port=25):
        """The different destinations of the SYNs to a port."""
        return {packet.destination for packet in self.openings(port)}

    def wait_for_openings(self, count, port=25):
        """Wait until at least COUNT SYNs to a port were seen."""
        wait_for(lambda: len(self.openings(port)) >= count,
                 lambda: f"{count} SYNs to port {port}, saw {len(self.openings(port))}")

    def _close(self):
        if self._closed:
            return
        self._closed = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        raw = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        self._statistics = list(struct.unpack("II", raw))
        self._socket.close()
        os.close(self._wake)

    def _read(self):
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        ending = False
        while not ending:
            ending = any(descriptor == self._wake for descriptor, _ in poll.poll())
            self._drain()

    def _drain(self):
        while True:
            try:
                frame, ancillary, _, address = self._socket.recvmsg(SNAPSHOT, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            outgoing = address[2] == socket.PACKET_OUTGOING
            self._frames.append((frame, seconds + nanoseconds / 1e9, outgoing))


@functools.cache
def _compile(expression):
    """A pcap filter expression as a classic BPF program for Ethernet."""
    result = subprocess.run(["tcpdump", "-ddd", "-y", "EN10MB", expression], capture_output=True,
                            text=True)
    if result.returncode != 0:
        raise LabError(f"tcpdump {expression!r}: {result.stderr.strip()}")
    lines = result.stdout.splitlines()[1:]
    return b"".join(struct.pack("HBBI", *map(int, line.split())) for line in lines)
