# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25-notify, commands that tell what they were given, and a monitor.sock whose incidents the
test makes up."""

import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import threading

from .edge25 import BUILD, processes
from .host import LabError, wait_for

PROGRAM = BUILD / "edge25-notify"
PATH = "/usr/bin:/usr/sbin:/bin:/sbin"
# Keeps document and environment of each run in a directory, in files of their own.
RECORDER = """#!/bin/sh
test -n "$EDGE25_NOTICE" || exit 9
cat > "$1/part.$$" && env > "$1/$EDGE25_LAST.$EDGE25_TRY.$$.env" &&
mv "$1/part.$$" "$1/$EDGE25_LAST.$EDGE25_TRY.$$.json"
"""


def incident(identity, **other):
    """An incident as control would tell it."""
    document = {"id": identity, "state": "open",
                "host": f"100.64.{identity >> 8 & 255}.{identity & 255}",
                "class": "suspect", "reasons": ["41 different mail servers in 5 min"],
                "policy": "home", "range": "dsl", "interface": "eth1", "mac": None, "name": None,
                "name_source": None, "verified": False, "shared": False,
                "opened": "2026-11-22T10:00:00Z", "closed": None,
                "first_seen": "2026-11-22T09:59:00Z", "last_seen": "2026-11-22T10:00:00Z",
                "attempts": 50, "destinations": 41, "action": "refused", "contained_until": None,
                "evidence": [{"time": "2026-11-22T09:59:00Z", "src_ip": "100.64.3.7",
                              "src_port": 40000 + n, "dest_ip": f"203.0.113.{n}", "dest_port": 25,
                              "answered": False} for n in range(1, 6)]}
    return {**document, **other}


def answer(request, **outcome):
    """A line that answers a request, with a result or an error."""
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], **outcome}).encode() + b"\n"


class FakeControl:
    """Context manager: a monitor.sock. It knows incidents.list and events.watch, and counts what
    it was asked. .reply can be a function that makes the reply: reply(request) -> bytes, or None
    for the usual one."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.incidents = {}
        self.last = 0
        self.asked = []
        self.reply = None
        self._lock = threading.RLock()
        self._listener = None
        self._peers = {}  # socket: does it watch?

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        """Listen; what was there before is still there."""
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(16)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self):
        """Close everything, as a control that was killed."""
        with self._lock:
            listener, self._listener = self._listener, None
            if listener:
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()
            for peer in list(self._peers):
                with contextlib.suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)

    def put(self, *documents, tell=True):
        """Incidents open or change; TELL those who watch."""
        with self._lock:
            for document in documents:
                self.last += 1
                self.incidents[document["id"]] = {**document, "change": self.last}
            if tell:
                self.send(json.dumps({"jsonrpc": "2.0", "method": "incident",
                                      "params": self.incidents[documents[-1]["id"]]}).encode())

    def change(self, identity, **other):
        """Something about an incident changes."""
        with self._lock:
            self.put({**self.incidents[identity], **other})

    def close(self, identity):
        """An incident is closed."""
        self.change(identity, state="closed", closed="2026-11-22T11:00:00Z")

    def send(self, line):
        """A line to everybody who watches."""
        with self._lock:
            for peer, watches in list(self._peers.items()):
                if watches:
                    with contextlib.suppress(OSError):
                        peer.sendall(line + b"\n")

    def watchers(self):
        """How many watch."""
        with self._lock:
            return sum(self._peers.values())

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with self._lock:
                    self._peers[peer] = False
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with contextlib.suppress(OSError, ValueError), peer.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                with self._lock:
                    self.asked.append(request)
                    said = self.reply(request) if self.reply else None
                    peer.sendall(said if said is not None else self._usual(peer, request))
        with self._lock:
            self._peers.pop(peer, None)
        peer.close()

    def _usual(self, peer, request):
        result = True
        if request["method"] == "events.watch":
            self._peers[peer] = True
        else:
            result = self._list(**request.get("params", {}))
        return answer(request, result=result)

    def _list(self, state="all", after=0, limit=1000):
        found = sorted((entry for entry in self.incidents.values()
                        if entry["change"] > after and state in ("all", entry["state"])),
                       key=lambda entry: entry["change"])
        return {"incidents": found[:limit], "last": self.last}


class Notify:
    """edge25-notify with a recorder for a command, unless another is given."""

    def __init__(self, directory, path, *options, command=None, namespace=None, run_as=()):
        self.directory = pathlib.Path(directory)
        self.state = self.directory / "last"
        self.records = self.directory / "records"
        self.records.mkdir(parents=True)
        self.socket = path
        self.options = options
        recorder = self.directory / "recorder"
        recorder.write_text(RECORDER, encoding="utf-8")
        recorder.chmod(0o755)
        self.command = command or [recorder, self.records]
        self.namespace = namespace
        self.run_as = run_as
        self.process = None

    def start(self):
        """Start it; it goes on where it was."""
        argv = [*self.run_as, PROGRAM, "-s", self.socket, "-S", self.state, *self.options, "--",
                *self.command]
        if self.namespace:
            argv = ["ip", "netns", "exec", self.namespace.name, *argv]
        with open(self.directory / "stderr", "ab") as stderr:
            self.process = subprocess.Popen([str(word) for word in argv], stderr=stderr,
                                            stdout=stderr, start_new_session=True,
                                            env={"PATH": PATH, "SECRET": "ours"})
        return self

    def stop(self, number=signal.SIGTERM, patience=20):
        """End it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired as expired:
            raise AssertionError(f"edge25-notify did not end\n{self.stderr()}") from expired

    def kill(self):
        """SIGKILL."""
        self.stop(signal.SIGKILL)

    def stderr(self):
        """What it wrote so far."""
        return (self.directory / "stderr").read_text(encoding="utf-8", errors="replace")

    def documents(self):
        """What the recorder got, in the order in which it came."""
        files = sorted(self.records.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text(encoding="utf-8")) for path in files]

    def environments(self):
        """The environments of the recorder, in the same order."""
        files = sorted(self.records.glob("*.env"), key=lambda path: path.stat().st_mtime_ns)
        return [dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())
                for path in files]

    def incidents(self):
        """Each incident that was handed over, digests taken apart."""
        return [entry for document in self.documents()
                for entry in document.get("incidents", [document])]

    def told(self):
        """(id, changed) of these."""
        return [(entry["id"], tuple(entry["changed"])) for entry in self.incidents()]

    def children(self):
        """Process ids of commands that run."""
        return [int(path.parent.name) for path in processes()
                if _is_child(path, self.process.pid)]

    def memory(self):
        """The most that it has had in memory, bytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise LabError("no VmHWM")

    def wait_until_begun(self):
        """Wait until it has written its state for the first time."""
        wait_for(self.state.exists, lambda: f"edge25-notify to begin\n{self.stderr()}")


def _is_child(path, parent):
    try:
        fields = path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(fields[1]) == parent and fields[0] != "Z"
