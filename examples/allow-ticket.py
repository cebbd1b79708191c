#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""allow-ticket.py TICKET SOURCE [DURATION]: lets SOURCE use port 25 for a while, seven days unless
DURATION says otherwise (2h, 3d, 1w), with the number of a ticket as the reason.

An example: yours to change. Needs nothing but Python; edge25-rpc(7) has every method.

Exit code 0: the kernel lets it through, or will when the engine is back, and its id is printed; 1:
control says no, or is not there, and why is on standard error.
"""

import json
import os
import socket
import sys

SOCKET = os.environ.get("EDGE25_SOCKET", "/run/edge25/control.sock")
PATIENCE = 90  # seconds; a change may have to wait for a large table


def call(method, **params):
    """The result of a method; SystemExit with the message of an error."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    try:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(SOCKET)
            control.sendall(json.dumps(request).encode() + b"\n")
            line = control.makefile("rb").readline()
    except OSError as error:
        sys.exit(f"{SOCKET}: {error.strerror or error}")
    if not line.endswith(b"\n"):
        sys.exit(f"{SOCKET}: closed before the reply")
    reply = json.loads(line)
    if "error" in reply:
        sys.exit(reply["error"]["message"])
    return reply["result"]


def main():
    """Returns the exit code, or what is wrong."""
    if not 3 <= len(sys.argv) <= 4:
        return "usage: allow-ticket.py TICKET SOURCE [DURATION]"
    ticket, source, duration = (sys.argv[1:] + ["7d"])[:3]
    entry = call("allow.add", **{"from": source}, expires=duration, comment=f"ticket {ticket}")
    for warning in entry["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    print(entry["id"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
