# SPDX-License-Identifier: GPL-2.0-or-later
"""A bash with a terminal, as a person types into it, with completion scripts as they are installed."""

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import time

from .edge25 import BUILD, REPOSITORY
from .host import LabError

PATIENCE = 20  # seconds for a line
ALL, TAB = "\x1b*", "\t"  # readline: insert-completions, complete


class Bash:
    """Context manager: an interactive bash that knows edge25ctl and how to complete it."""

    def __init__(self, **environment):
        self._environment = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}", "TERM": "dumb",
                             "PS1": "", "PS2": "", "HISTFILE": "", "LC_ALL": "C.UTF-8",
                             "INPUTRC": "/dev/null", **environment}

    def __enter__(self):
        self._terminal, inside = pty.openpty()
        self._shell = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=inside,
                                       stdout=inside, stderr=inside, env=self._environment,
                                       start_new_session=True)
        os.close(inside)
        self._type(f"source {REPOSITORY}/tools/edge25ctl.bash; bind 'set bell-style none'; "
                   "bind 'set enable-bracketed-paste off'; bind '\"\\e*\": insert-completions'")
        return self

    def __exit__(self, *exception):
        os.kill(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        os.close(self._terminal)

    def completed(self, line, key=ALL):
        """The words that LINE has once KEY was pressed at its end."""
        printed = self._type(line + key, before="printf '<%s>\\n' ")
        return re.findall(r"^<(.*)>\r?$", printed, re.MULTILINE)

    def offered(self, line):
        """What completion makes of LINE's last word, all of it."""
        before = len(shlex.split(line)) - (not line.endswith(" "))
        return self.completed(line)[before:]

    def _type(self, keys, before=""):
        """Type KEYS, BEFORE at the line's beginning, and the end of line; what is printed then."""
        os.write(self._terminal, f"{keys}\x01{before}\x05; echo do''ne\r".encode())
        printed, deadline = b"", time.monotonic() + PATIENCE
        while b"\ndone" not in printed:
            if not select.select([self._terminal], [], [], deadline - time.monotonic())[0]:
                raise LabError(f"bash does not end {keys!r}:\n{printed!r}")
            printed += os.read(self._terminal, 65536)
        return printed.decode()
