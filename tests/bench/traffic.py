# SPDX-License-Identifier: GPL-2.0-or-later
"""The load: packets that arrive at an interface of a namespace, made by the program inject; and who
runs on which core."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess

from lab.edge25 import BUILD, CONTROL, ENGINE
from lab.host import LabError

INJECT = BUILD / "bench/inject"
INTERFACE = "dsl0"
FIRST_SOURCE, FIRST_DESTINATION = "100.64.1.0", "198.18.0.0"  # as in pairs.h
SOURCES = 256  # subscribers that many pairs come from
FIRST = -20    # nice


class BenchError(LabError):
    """What was to be measured is not what happened."""


@dataclasses.dataclass(frozen=True)
class Load:
    """Pairs of source and destination (a power of two), taken in turn."""

    name: str
    pairs: int
    traffic: str = "smtp"  # as in frames.h
    most_sources: int = SOURCES

    @property
    def version(self):
        """Of IP."""
        return 6 if self.traffic.endswith("6") else 4

    @property
    def sources(self):
        """How many different sources they have; each has pairs / sources destinations."""
        return min(self.pairs, self.most_sources)


@dataclasses.dataclass(frozen=True)
class Injected:
    """What inject says: frames that arrived (counted by its kernel program), seconds by the clock,
    seconds of its processor time, and how many packets waited in queues when it ended."""

    frames: int
    seconds: float
    cpu: float
    held: int


@contextlib.contextmanager
def generator(namespace, load, *, rate=0, first=0, interface=INTERFACE):
    """Send for the block, at full speed or at a rate."""
    program = namespace.popen(_words(load, 3600, rate, first, interface), stdout=subprocess.DEVNULL)
    prefer(program.pid)
    try:
        yield
    finally:
        program.kill()
        program.wait()


def inject(namespace, load, seconds, *, rate=0, first=0, drop=False):
    """Send for some seconds at full speed, or at a rate, and return Injected.

    first: number of the first pair. drop: the frames end where they are made.
    """
    words = _words(load, seconds, rate, first) + (["--drop"] if drop else [])
    result = namespace.run(words, timeout=60 + 4 * seconds, start_new_session=True,
                           preexec_fn=prefer_this)
    return Injected(**json.loads(result.stdout))


def inject_on_two(namespace, load, seconds, interfaces, firsts):
    """The same on two cores at once, at full speed, each by an interface of its own: a list."""
    programs = [namespace.popen(_words(load, seconds, 0, first, interface, cpu),
                                stdout=subprocess.PIPE, text=True, preexec_fn=prefer_this)
                for interface, first, cpu in zip(interfaces, firsts, cores())]
    outputs = [program.communicate(timeout=60 + 4 * seconds)[0] for program in programs]
    if any(program.returncode for program in programs):
        raise BenchError("inject failed")
    return [Injected(**json.loads(output)) for output in outputs]


def _words(load, seconds, rate, first, interface=INTERFACE, cpu=None):
    return [INJECT, "--interface", interface, "--seconds", seconds, "--traffic", load.traffic,
            "--pairs", load.pairs, "--sources", load.sources, "--first", first,
            "--rate", int(rate), "--cpu", processors()[0] if cpu is None else cpu]


def cores():
    """CPU numbers that this may use."""
    return sorted(os.sched_getaffinity(0))


def processors():
    """CPU numbers: the generator's, the answering thread's, and a list for everything else."""
    available = cores()
    if len(available) == 1:
        return available[0], available[0], available
    return available[0], available[1], available[2:] or available[:1]


def prefer(thread):
    """Let a thread come before whatever else this machine does, by its own nice value and by that
    of its session where the kernel shares time between sessions (sched_autogroup_enabled)."""
    os.setpriority(os.PRIO_PROCESS, thread, FIRST)
    autogroup = pathlib.Path(f"/proc/{thread}/autogroup")
    if autogroup.exists():
        autogroup.write_text(f"{FIRST}\n", encoding="ascii")


def prefer_this():
    """The same for the program that is about to start: preexec_fn."""
    prefer(os.getpid())


def prefer_daemon(daemon):
    """The same for all threads of edge25, and for this program, which asks it."""
    for program in (CONTROL, ENGINE):
        for thread in os.listdir(f"/proc/{daemon.pid(program)}/task"):
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # it has ended
                prefer(int(thread))
    prefer(os.getpid())
