# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25's control sockets besieged: clients of several users that stall, or send what is no request."""

import contextlib
import json
import os
import pathlib
import pwd
import socket
import subprocess
import sys
import time

from .host import LabError

PROGRAM = pathlib.Path(__file__).with_name("besieger.py")


@contextlib.contextmanager
def besieged(edge25, parts, name="control.sock"):
    """While clients of other users are there: parts are (user, kind, how many), see besieger.py."""
    path = edge25.directory / "run" / name
    group = path.stat().st_gid
    with contextlib.ExitStack() as stack:
        for user, kind, count in parts:
            stack.enter_context(_Part(path, group, user, kind, count))
        yield


def _be_ordinary():
    """With a session of its own, as another user has, and no preference."""
    os.setpriority(os.PRIO_PROCESS, 0, 0)


class _Part:
    """One of the programs."""

    def __init__(self, path, group, user, kind, count):
        self._words = ["setpriv", f"--reuid={pwd.getpwnam(user).pw_uid}", f"--regid={group}",
                       "--clear-groups", sys.executable, "-B", PROGRAM, path, kind, str(count)]
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(self._words, stdout=subprocess.PIPE, text=True,
                                         start_new_session=True, preexec_fn=_be_ordinary)
        if self._process.stdout.readline() != "here\n":
            self.__exit__()
            raise LabError(f"it did not come: {self._words}")
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Caller:
    """Somebody who asks for the status, again and again, with a new connection each time."""

    def __init__(self, edge25, name="control.sock"):
        self._path = str(edge25.directory / "run" / name)

    def ask(self, timeout=20):
        """One call: seconds until the reply, and the reply."""
        started = time.monotonic()
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(timeout)
            peer.connect(self._path)
            peer.sendall(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n')
            with peer.makefile("rb") as file:
                line = file.readline()
        return time.monotonic() - started, json.loads(line)

    def times(self, count, pause=0.0):
        """Seconds of so many calls, each of which was answered."""
        found = []
        for _ in range(count):
            seconds, reply = self.ask()
            if "result" not in reply:
                raise LabError(f"status was not answered: {reply}")
            found.append(seconds)
            time.sleep(pause)
        return sorted(found)
