# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of allow entries: files for edge25ctl allow import, and what the allowlist holds."""

import csv
import io
import itertools
import json
import socket

HEADER = ["from", "to", "expires", "comment"]


def csv_text(rows, header=None):
    """CSV as Python's own module writes it, with the header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header or HEADER)
    writer.writerows(rows)
    return text.getvalue()


def read_csv(text):
    """The rows of CSV, by the names of its header."""
    return list(csv.DictReader(io.StringIO(text)))


def hosts(count, first="10.0.0.0"):
    """So many addresses in a row."""
    number = int.from_bytes(socket.inet_aton(first), "big")
    return [socket.inet_ntoa((number + i).to_bytes(4, "big")) for i in range(count)]


class Lists:
    """What a daemon is given and what it has."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._names = (daemon.directory / f"list-{i}" for i in itertools.count())

    def write(self, content):
        """A file with this text or these bytes; its path."""
        path = next(self._names)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def put(self, content, *options):
        """Import it; the reply."""
        return self._daemon.ctl("allow", "import", self.write(content), *options)

    def refused(self, content, *options):
        """Import what is wrong; the lines that edge25ctl prints, without its name and the file's."""
        path = self.write(content)
        result = self._daemon.control("allow", "import", path, *options)
        assert result.returncode == 1 and result.stdout == "", result
        prefix = "edge25ctl: "
        return [line.removeprefix(prefix).replace(str(path), "LIST")
                for line in result.stderr.splitlines()]

    def entries(self):
        """The entries of the socket, the oldest first, without the seconds that they have left."""
        return [{name: value for name, value in entry.items() if name != "remaining"}
                for entry in self._daemon.ctl("allow", "list")["entries"]
                if entry["origin"] == "socket"]

    def exported(self):
        """What allow export prints, byte by byte."""
        result = self._daemon.control("allow", "export")
        assert result.returncode == 0 and result.stderr == "", result
        return result.stdout


class Connection:
    """A connection to control.sock, for requests one after the other."""

    def __init__(self, daemon, name="control.sock"):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(daemon.directory / "run" / name))
        self._stream = self._socket.makefile("rwb", buffering=0)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Hang up."""
        self._stream.close()
        self._socket.close()

    def call(self, method, **params):
        """The reply, whole."""
        request = {"jsonrpc": "2.0", "id": 25, "method": method, "params": params}
        self._stream.write(json.dumps(request).encode() + b"\n")
        return json.loads(self._stream.readline())
