#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of a control socket that nobody wants: besieger.py SOCKET KIND COUNT.

A program of its own, because it runs as another user. Writes a line when all of its clients are
there; goes on until it is ended. Kinds are the names of PARTS.
"""

import contextlib
import itertools
import json
import random
import resource
import selectors
import socket
import sys
import time

LARGE = (1 << 20) - 64  # bytes of a line that is just short enough
RETRY = 1.0             # seconds, more or less, until who was sent away comes again
CHUNK = 1 << 16
STATUS = b'{"jsonrpc":"2.0","id":1,"method":"status"}\n'


class Stalled:
    """Sends half a request, and nothing more."""

    def __init__(self):
        self.pieces = iter([STATUS[:20]])


class Dripping:
    """Sends a byte a second."""

    def __init__(self):
        self.pieces = (STATUS[index:index + 1] for index in range(len(STATUS) - 1))


class Deaf:
    """Asks for much and takes nothing."""

    def __init__(self):
        self.pieces = itertools.repeat(STATUS.replace(b"status", b"rpc.discover") * 8)


class Asking:
    """Asks for the status again and again, and takes the replies."""

    def __init__(self):
        self.pieces = itertools.repeat(STATUS)


class Talking:
    """Sends what is no request, in lines of all lengths, and takes the replies."""

    def __init__(self):
        chance = random.Random(25)
        short = [chance.randbytes(chance.randrange(1, 200)).replace(b"\n", b"?") + b"\n"
                 for _ in range(50)]
        short += [STATUS[:chance.randrange(1, len(STATUS) - 1)] + b"\n" for _ in range(50)]
        short += [b"[" * chance.randrange(1, 100) + b"\n" for _ in range(20)]
        short += [b'{"a":' * 10 + b"1" + b"}" * 10 + b"\n" for _ in range(20)]
        self.short = b"".join(short)
        self.pieces = self.make()

    def make(self):
        """Without end."""
        return itertools.repeat(self.short)


class Shouting(Talking):
    """The same, and lines of a mebibyte between them."""

    def make(self):
        values = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "status",
                             "params": {"x": list(range(150000))}}).encode()[:LARGE]
        text = b'{"jsonrpc":"2.0","id":1,"method":"status","params":{"x":"' + b"a" * (LARGE - 70)
        large = (values + b"\n", text + b'"}}\n', b"[" * LARGE + b"\n",
                 b"\x00\xff" * (LARGE // 2) + b"\n")
        return itertools.cycle(piece for line in large for piece in (line, self.short))


PARTS = {"asking": (Asking,), "stalled": (Stalled, Dripping, Deaf), "talking": (Talking,), "shouting": (Shouting,)}
SLOW = (Stalled, Dripping)


class Client:
    """One connection, made again when it was ended."""

    def __init__(self, path, kind, selector):
        self._path, self._kind, self._selector = path, kind, selector
        self._socket = self._source = None
        self._rest = b""
        self.connect()

    def connect(self):
        """Come (again)."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(self._path)
        self._socket.setblocking(False)
        self._source = self._kind()
        self._rest = b""
        events = 0 if self._kind is Deaf else selectors.EVENT_READ
        if self._kind not in SLOW:
            events |= selectors.EVENT_WRITE
        self._selector.register(self._socket, events, self)

    def ready(self, events):
        """What the selector found. Time to come again, or None."""
        try:
            if events & selectors.EVENT_READ and not self._socket.recv(CHUNK):
                raise ConnectionResetError
            if events & selectors.EVENT_WRITE:
                self.send()
        except BlockingIOError:
            pass
        except OSError:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None
            return time.monotonic() + RETRY * random.uniform(0.5, 1.5)
        return None

    def send(self):
        """As much as is taken at once."""
        self._rest = self._rest or next(self._source.pieces, b"")
        if self._rest:
            self._rest = self._rest[self._socket.send(self._rest):]

    def drip(self):
        """Once a second, of those who are slow."""
        if self._socket and self._kind in SLOW:
            with contextlib.suppress(OSError):
                self.send()


def main(path, kind, count):
    """Ends by a signal."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    selector = selectors.DefaultSelector()
    kinds = itertools.cycle(PARTS[kind])
    clients = [Client(path, next(kinds), selector) for _ in range(count)]
    print("here", flush=True)
    away, next_drip = [], 0.0
    while True:
        for key, events in selector.select(0.05):
            due = key.data.ready(events)
            if due:
                away.append((due, key.data))
        now = time.monotonic()
        away.sort(key=lambda one: one[0])
        while away and away[0][0] <= now:
            away.pop(0)[1].connect()
        if now >= next_drip:
            next_drip = now + RETRY
            for client in clients:
                client.drip()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
