# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25-notify and the command that it runs: one that fails, hangs, ignores signals, talks without
end or is not there keeps nothing from the next incident."""

import pathlib
import signal
import time

import pytest

from lab.edge25 import processes
from lab.host import wait_for
from lab.notices import (FAST, check_log, check_told, fixture_control, fixture_notify,  # noqa: F401
                         shell)
from lab.notify import incident
from lab.promise import eventually


def test_failing_command(control, notify):
    """Tried again, later each time; then given up, said, and the next ones come."""
    one = notify(*FAST, "--tries", "3", "--retry", "1s")
    recorder = " ".join(map(str, one.command))
    one.stop()
    one.command = shell(f"test $EDGE25_INCIDENT = 1 && exit 3; {recorder}")
    one.start()
    begun = time.monotonic()
    control.put(incident(1))
    wait_for(lambda: "try 1 of 3" in one.stderr(), one.stderr)
    control.put(incident(2))
    eventually(lambda: one.documents(), one.stderr)
    assert time.monotonic() - begun >= 3  # 1 s and 2 s
    check_log(one, "incident 1 (100.64.0.1, suspect): opened: exit code 3 (try 2 of 3, the next "
              "in 2 s)")
    check_log(one, "exit code 3: given up after 3 tries")
    digest = one.documents()[0]
    assert (digest["given_up"], digest["count"], digest["incidents"][0]["id"]) == (1, 1, 2)
    assert one.environments()[0]["EDGE25_NOTICE"] == "digest"
    control.put(incident(3))
    eventually(lambda: len(one.documents()) == 2, one.stderr)
    assert "given_up" not in one.documents()[1]  # what was given up is told once


def test_given_up_survives_a_restart(control, notify):
    one = notify(*FAST, "--tries", "1", command=shell("exit 1"))
    control.put(incident(1))
    check_log(one, "given up after 1 tries")
    one.stop()
    one.command = [one.directory / "recorder", one.records]
    one.start()
    control.put(incident(2))
    check_told(one, (2, ("opened",)))
    assert one.documents()[0]["given_up"] == 1


def test_retry_on_sighup(control, notify):
    """Something was mended: SIGHUP tries again at once."""
    gate = pathlib.Path(control.path).with_name("gate")
    one = notify(*FAST, "--retry", "1h")
    recorder = " ".join(map(str, one.command))
    one.stop()
    one.command = shell(f"test -e {gate} && {recorder}")
    one.start()
    control.put(incident(1))
    check_log(one, "try 1 of 8")
    gate.touch()
    one.process.send_signal(signal.SIGHUP)
    check_told(one, (1, ("opened",)))
    assert one.environments()[0]["EDGE25_TRY"] == "2"


@pytest.mark.parametrize("script", [
    "exec sleep 1000",
    "trap '' TERM; while :; do sleep 1; done",
    "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & wait",
    "sleep 1000 & exec sleep 1000",
    "(trap '' TERM; while :; do sleep 1; done) & exec sleep 1000",
], ids=["hangs", "ignores SIGTERM", "all ignore it", "has children", "a child ignores it"])
def test_time_limit(control, notify, script):
    """A command that hangs is ended with all of its group, and the next incident comes."""
    one = notify(*FAST, "--timeout", "1s", "--tries", "1")
    recorder, seen = " ".join(map(str, one.command)), one.directory / "group"
    one.stop()
    one.command = shell(f"if test $EDGE25_COUNT.$EDGE25_NOTICE = 1.incident; then "
                        f"echo $$ > {seen}; {script}; fi; {recorder}")
    one.start()
    control.put(incident(1))
    wait_for(seen.exists, one.stderr)
    control.put(incident(2))
    check_told(one, (2, ("opened",)))
    check_log(one, "not done after 1 s, ended: given up")
    group = int(seen.read_text())
    eventually(lambda: not members(group), lambda: f"alive: {members(group)}")


def members(group):
    """Processes of a process group that are alive."""
    found = []
    for path in processes():
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def test_output(control, notify):
    """What a command says is in the log: escaped, a line each, and bounded."""
    one = notify(*FAST, command=shell(
        r"printf 'plain\nred \033[31m\n\0end\nno newline' >&2; test $EDGE25_INCIDENT = 2 && "
        r"yes | head -c 100000; exit 0"))
    control.put(incident(1))
    for line in ("plain", r"red \x1b[31m", " end", "no newline"):
        check_log(one, f"edge25-notify: command: {line}\n")
    control.put(incident(2))
    check_log(one, "bytes more that it said are left out")
    assert one.stderr().count("command: y\n") < 40


def test_command_that_reads_nothing(control, notify):
    """Standard input that is left alone is no failure."""
    one = notify(*FAST, command=["/bin/true"])
    control.put(*(incident(number) for number in range(200)[1:]))
    check_log(one, "handed over: digest of 199 incidents")


def test_command_that_is_not_there(control, notify):
    one = notify(*FAST, "--tries", "1", command=["no-such-command"])
    control.put(incident(1))
    check_log(one, "command: cannot run no-such-command: No such file or directory")
    check_log(one, "exit code 127: given up")


def test_command_ends_with_a_killed_notify(control, notify):
    one = notify(*FAST, command=shell("exec sleep 1000"))
    control.put(incident(1))
    (child,) = eventually(one.children, one.stderr)
    one.kill()
    eventually(lambda: not pathlib.Path(f"/proc/{child}").exists(), "the command to end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends(control, notify, number):
    """At once when nothing runs, or when the run is done."""
    one = notify(*FAST)
    assert one.stop(number) == 0
    one.command = shell(f"sleep 1; exec {one.directory}/recorder {one.records}")
    one.start()
    control.put(incident(1))
    eventually(one.children, one.stderr)
    assert one.stop(number) == 0
    assert one.told() == [(1, ("opened",))]
    one.start()
    control.put(incident(2))
    check_told(one, (1, ("opened",)), (2, ("opened",)))


def test_ends_at_once_when_told_twice(control, notify):
    """Ctrl-C again: the command gets no moment more."""
    one = notify(*FAST, command=shell("sleep 1000"))
    control.put(incident(1))
    eventually(one.children, one.stderr)
    begun = time.monotonic()
    one.process.send_signal(signal.SIGINT)
    time.sleep(0.2)  # else the two signals may be one
    assert one.stop(signal.SIGINT) == 0
    assert time.monotonic() - begun < 4  # of five


def test_ends_although_the_command_does_not(control, notify):
    one = notify(*FAST, command=shell("trap '' TERM; while :; do sleep 1; done"))
    control.put(incident(1))
    (child,) = eventually(one.children, one.stderr)
    assert one.stop(patience=30) == 0
    assert not pathlib.Path(f"/proc/{child}").exists()
    check_log(one, "it comes again after the next start")
    one.command = [one.directory / "recorder", one.records]
    one.start()
    check_told(one, (1, ("opened",)))
