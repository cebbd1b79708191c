#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""follow-incidents.py [CHANGE]: prints each incident as it changes, a JSON object a line, and misses
none: not while control restarts, and not when it reads too slowly. CHANGE is the last one that was seen
before (the member "change"); 0 begins with all that there are.

An example: yours to change. Needs nothing but Python; edge25-rpc(7) has every method.

Goes on until it is ended; exit code 1: control says no, and why is on standard error.
"""

import json
import os
import socket
import sys
import time

SOCKET = os.environ.get("EDGE25_SOCKET", "/run/edge25/monitor.sock")
PAGE = 100
PAUSES = (1, 2, 5, 15)  # seconds between attempts to connect


class Control:
    """A connection: requests, and what comes without being asked for."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(SOCKET)
        self._lines = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._lines.close()
        self._socket.close()

    def read(self):
        """The next line."""
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("control closed the connection")
        return json.loads(line)

    def call(self, method, **params):
        """The result; notifications before it only say that there is something to ask for."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            reply = self.read()
            if "error" in reply:
                sys.exit(reply["error"]["message"])
            if "result" in reply:
                return reply["result"]


def follow(control, seen):
    """Yields each incident. A notification says that something changed; what did, the list says."""
    control.call("events.watch", kinds=["incident"])
    while True:
        found = control.call("incidents.list", after=seen, limit=PAGE)["incidents"]
        for incident in found:
            seen = incident["change"]
            yield incident
        if len(found) < PAGE:
            control.read()


def main(seen):
    """Connects again and again."""
    tries = 0
    while True:
        try:
            with Control() as control:
                tries = 0
                for incident in follow(control, seen):
                    print(json.dumps(incident), flush=True)
                    seen = incident["change"]
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                return 0  # nobody reads any more
            print(f"{SOCKET}: {error.strerror or error}", file=sys.stderr, flush=True)
            time.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    except KeyboardInterrupt:
        sys.exit(130)
