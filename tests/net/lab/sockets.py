# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP connections from a namespace with the errno of each, and listeners in a namespace."""

import contextlib
import dataclasses
import errno
import pathlib
import selectors
import socket
import struct
import threading
import time

from .host import wait_for

CLOSE_BY_RESET = struct.pack("ii", 1, 0)  # for SO_LINGER
LISTEN, TIME_WAIT, FIN_WAIT2 = "0A", "06", "05"  # include/net/tcp_states.h
AT_ONCE = 400  # descriptors in use at a time; the usual limit of a process is 1024


@dataclasses.dataclass(frozen=True)
class Connection:
    """How opening one connection ended: error is "" (greeted), "ECONNREFUSED", ..., "ETIMEDOUT"."""

    destination: str
    port: int
    source_port: int
    error: str
    seconds: float


def family_of(address):
    """AF_INET or AF_INET6, as the address is written."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(namespace, destination, port=25, timeout=5.0, source=None):
    """Open one connection until the server greets, close it, and say how it went."""
    return connect_many(namespace, [destination], port, timeout, source)[0]


def connect_many(namespace, destinations, port=25, timeout=5.0, source=None):
    """Open a connection to each destination, all at once; the results come in the same order.

    Each is closed by a reset, after which neither end has anything to send; not before the server
    has greeted, because the reset might overtake the packet that opens the connection.
    """
    results = []
    for first in range(0, len(destinations), AT_ONCE):
        results += _connect_batch(namespace, destinations[first:first + AT_ONCE], port, timeout,
                                  source)
    return results


def _connect_batch(namespace, destinations, port, timeout, source):
    results = [None] * len(destinations)
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        with namespace.entered():
            sockets = [stack.enter_context(socket.socket(family_of(destination)))
                       for destination in destinations]
        started = {}
        for index, (peer, destination) in enumerate(zip(sockets, destinations)):
            peer.setblocking(False)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_BY_RESET)
            if source:
                peer.bind((source, 0))
            started[index] = time.monotonic()
            error = peer.connect_ex((destination, port))
            if error in (0, errno.EINPROGRESS):
                selector.register(peer, selectors.EVENT_WRITE, index)
            else:
                results[index] = _result(peer, destination, port, error, started[index])
        deadline = time.monotonic() + timeout
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                index, peer = key.data, key.fileobj
                error = peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error or key.events == selectors.EVENT_READ:
                    results[index] = _result(peer, destinations[index], port, error,
                                             started[index])
                    selector.unregister(peer)
                else:
                    selector.modify(peer, selectors.EVENT_READ, index)
        for key in list(selector.get_map().values()):
            results[key.data] = _result(key.fileobj, destinations[key.data], port,
                                        errno.ETIMEDOUT, started[key.data])
    return results


def _result(peer, destination, port, error, started):
    return Connection(destination, port, peer.getsockname()[1],
                      errno.errorcode.get(error, str(error)) if error else "",
                      time.monotonic() - started)


def wait_until_settled(namespace, port=25):
    """Wait until no server of a namespace has anything left to send: what it repeats to a client
    that has forgotten the connection is answered by a reset, a packet to the port."""
    wait_for(lambda: not _unsettled(namespace, port),
             lambda: f"connections to end: {_unsettled(namespace, port)}")


def _unsettled(namespace, port):
    """Lines of /proc/net/tcp: connections of a port in other states than these."""
    with namespace.entered():
        lines = [line.split() for name in ("tcp", "tcp6") for line in
                 pathlib.Path("/proc/thread-self/net", name).read_text().splitlines()[1:]]
    return [line for line in lines if line[1].endswith(f":{port:04X}")
            and line[3] not in (LISTEN, TIME_WAIT, FIN_WAIT2)]


class Listener:
    """Accepts every connection to a port, on all addresses of a namespace, says a greeting, and
    notes who connected: .accepted is a list of (source, source port, destination)."""

    def __init__(self, namespace, port, greeting=b"220 listener ESMTP\r\n"):
        self.accepted = []
        self.greeting = greeting
        self._socket = namespace.socket(socket.AF_INET6)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._socket.bind(("::", port))
        self._socket.listen(4096)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            try:
                peer, source = self._socket.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                destination = peer.getsockname()[0]
                self.accepted.append((source[0].removeprefix("::ffff:"), source[1],
                                      destination.removeprefix("::ffff:")))
                peer.sendall(self.greeting)
