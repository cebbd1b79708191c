# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods from blocked ranges while everything changes: nothing may leak.

    leak(topology, daemon, change, changes, frames)   a Leak: what arrived, what passed
    CHANGES                                           the changes, by name; each is one(daemon, n)
"""

import dataclasses
import signal

from .edge25 import CONTROL, ENGINE
from .flood import SOURCES, Flood, oracle

HOME = f"""\
policy "home"   {{ mode = block  deny = drop }}
policy "office" {{ mode = block  deny = drop }}
range "all"     {{ prefixes = {{ "{SOURCES}" }}  policy = "home" }}
read-interval = 1s
"""
OTHER = """\
policy "office" { mode = block  deny = drop }
policy "shop"   { mode = block  deny = tcp-reset }
range "lower"   { prefixes = { "100.0.0.0/8", "100.64.16.64/26" }  policy = "shop" }
range "upper"   { prefixes = { "101.0.0.0/8", "100.64.16.0/27" }  policy = "office" }
read-interval = 1s
"""


@dataclasses.dataclass
class Leak:
    """What came of a flood."""

    frames: int   # that arrived
    passed: int   # of them, in the internet
    changes: int  # meanwhile

    def check(self):
        """Nothing has leaked."""
        assert not self.passed, f"{self.passed} of {self.frames} passed in {self.changes} changes"


def leak(topology, daemon, change, changes, frames, seconds=4, rate=0):
    """So many changes at least under so many packets at least."""
    done = Leak(0, 0, 0)
    with oracle(topology) as passed:
        while done.changes < changes or done.frames < frames:
            with Flood(topology, seconds, rate=rate) as flood:
                while flood.goes_on:
                    change(daemon, done.changes)
                    done.changes += 1
            done.frames += flood.frames
        done.passed = passed()
    return done


def reload(daemon, number):
    """The ranges are cut otherwise and have other policies, and back."""
    daemon.configure(HOME if number % 2 else OTHER)
    daemon.ctl("reload")


def allow(daemon, number):
    """An entry for others comes, exact or a prefix, and goes."""
    server = f"203.0.113.{number % 100}" if number % 2 else f"198.51.100.{number % 32 * 8}/29"
    daemon.ctl("allow", "add", "--to", server, "--comment", "a test")
    daemon.ctl("allow", "del", "--to", server)


def watch(daemon, number):
    """A watched entry for others comes, the only one, so the rules learn of such; and it goes."""
    source = "192.0.2.9" if number % 2 else "192.0.2.8/29"
    daemon.ctl("allow", "add", "--from", source, "--watched", "--comment", "a test")
    daemon.ctl("allow", "del", "--from", source)


def contain(daemon, number):
    """A host of the range that sends is contained, and released."""
    host = f"100.64.16.{number % 100}"
    assert daemon.ctl("contain", host)["applied"]
    assert daemon.ctl("release", host)["applied"]


def restart(*programs, by=signal.SIGTERM):
    """Programs end in order, or are killed, and others take their place."""
    def change(daemon, number):
        del number
        for program in programs:
            old = daemon.signal(program, by)
            daemon.wait_for_new(program, old)
        daemon.wait_until_healthy()
    return change


def whole(daemon, number):
    """edge25d is stopped and started, as an upgrade does it."""
    del number
    daemon.restart()


def removed(daemon, number):
    """The table is taken away in between: no protection."""
    del number
    daemon.stop()
    daemon.remove()
    daemon.start()


CHANGES = {"reload": reload, "allow": allow, "watch": watch, "contain": contain,
           "control": restart(CONTROL), "engine": restart(ENGINE),
           "engine killed": restart(ENGINE, by=signal.SIGKILL), "all": whole}
