# SPDX-License-Identifier: GPL-2.0-or-later
"""The status page: what was looked at, and what was refused today, as captures have it, through
restarts; and what a week was."""

import csv
import io
import signal
import subprocess

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.promise import SOON, eventually, kept_by, must_fail
from lab.time_travel import TimeTravel

MONITOR = """\
policy "trial" { mode = monitor }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "trial" }
"""
BLOCK = """\
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
"""
BOTH = """\
policy "home" { mode = block }
policy "trial" { mode = monitor }
range "home" { prefixes = { "100.64.0.0/24" }  policy = "home" }
range "trial" { prefixes = { "100.64.1.0/24" }  policy = "trial" }
"""
DAY = 86400


def checks(edge25):
    """Each check's state, the worst of a name."""
    return {check["name"]: check["state"] for check in edge25.status()["checks"]}


def page(edge25, monkeypatch, *words):
    """What a person sees at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    result = edge25.control(*words)
    assert all(len(line) <= 80 for line in result.stdout.splitlines()), result.stdout
    assert "\033" not in result.stdout
    return result


def today(edge25, policy, what="refused"):
    """What status says of today."""
    status = edge25.status()
    return sum(day[what] for day in status["days"]
               if (day["day"], day["policy"]) == (status["today"], policy))


@pytest.fixture(name="time")
def fixture_time(laboratory, serial):
    return TimeTravel(laboratory / f"ahead-{next(serial)}")


def test_page(edge25, gate, monkeypatch):
    daemon = edge25(BOTH)
    home, trial = gate.topology.subscribers[:2]
    text = page(daemon, monkeypatch)
    assert text.returncode == 0 and "HOSTS: none has tried port 25" in text.stdout
    assert "nobody tried port 25 since midnight" in text.stdout
    gate.refuses(*gate.flows(home, 3))
    gate.passes(*gate.flows(trial, 2))
    text = page(daemon, monkeypatch)
    assert "REFUSED TODAY: 3 of 5 attempts since midnight" in text.stdout
    assert "not by trial: mode monitor counts, and refuses nothing" in text.stdout
    assert home.address(4) in text.stdout
    assert set(checks(daemon).values()) == {"ok", "warning"}


@kept_by(BLOCK, broken_by=MONITOR)
def test_enforcing(edge25, configuration, promise):
    daemon = edge25(configuration)

    def enforces():
        assert daemon.status()["enforcing"] and checks(daemon)["enforcing"] == "ok"
        assert "NOT ENFORCING" not in daemon.control().stdout
    promise(enforces)


def test_problems(edge25, monkeypatch):
    """Without an engine, and with a database that nobody can write: first on the page, exit code 1."""
    daemon = edge25(BLOCK)
    supervisor = daemon.pid()
    engine = daemon.pid(ENGINE)
    subprocess.run(["kill", "-STOP", str(supervisor)], check=True)
    try:
        daemon.signal(ENGINE, signal.SIGKILL)
        eventually(lambda: checks(daemon)["engine"] == "problem", daemon.stderr)
        text = page(daemon, monkeypatch)
        assert text.returncode == 1 and "NOT HEALTHY" in text.stdout.splitlines()[0]
        assert text.stdout.splitlines()[3].startswith("  PROBLEM  engine: the engine is not")
    finally:
        subprocess.run(["kill", "-CONT", str(supervisor)], check=True)
    daemon.wait_for_new(ENGINE, engine)
    daemon.wait_until_healthy()
    assert page(daemon, monkeypatch).returncode == 0


def test_table_is_compared(edge25):
    """By the engine itself, every verify-interval, and it is told."""
    daemon = edge25(BLOCK + "verify-interval = 1s\n")

    def compared_again(patience):
        before = daemon.status()["table"]["compared"]
        eventually(lambda: daemon.status()["table"]["compared"] != before, daemon.stderr, patience)

    compared_again(SOON)
    table = daemon.status()["table"]
    assert (table["differences"], table["error"], table["interval"]) == (0, None, 1)
    daemon.configure(BLOCK + "verify-interval = 0s\n")
    daemon.restart()
    eventually(lambda: daemon.status()["table"]["compared"], "the comparison of the start", SOON)
    eventually(lambda: daemon.status()["uptime"] >= 2, "the start to be over")
    must_fail(compared_again, 2.5)


def test_today_is_what_the_wire_had(edge25, gate):
    """By policy, through a death of control, a death of the engine and a stop."""
    daemon = edge25(BOTH + "write-interval = 1s\n")
    home, trial = gate.topology.subscribers[:2]

    def attempts(count):
        with Capture(home, expression="tcp port 25") as out:
            gate.refuses(*gate.flows(home, count))
            gate.passes(*gate.flows(trial, 1))
        return len([packet for packet in out.openings() if packet.outgoing])

    sent = attempts(3)
    assert today(daemon, "home") == sent
    for number, program in enumerate((CONTROL, ENGINE)):
        killed = daemon.signal(program, signal.SIGKILL)
        daemon.wait_for_new(program, killed)
        daemon.wait_until_healthy()
        sent += attempts(2)
        eventually(lambda: today(daemon, "home") == sent,
                   lambda: f"{sent} of today, not {today(daemon, 'home')}")
        assert today(daemon, "trial", "passed") == number + 2
    daemon.stop()
    daemon.start()
    sent += attempts(1)
    eventually(lambda: today(daemon, "home") == sent,
               lambda: f"{sent} of today, not {today(daemon, 'home')}")
    must_fail(eventually, lambda: today(daemon, "home") == sent + 1, "one too many", 0.5)


def test_days(edge25, gate, time):
    """Each day has its own, under the name that the policy had, and report has both."""
    daemon = edge25(BLOCK, env=time.environment)
    line = gate.topology.subscribers[0]
    gate.refuses(*gate.flows(line, 3))
    first = daemon.status()
    assert today(daemon, "home") == 3
    time.pass_by(DAY)
    daemon.configure(BLOCK.replace("home", "dsl"))
    daemon.ctl("reload")
    gate.refuses(*gate.flows(line, 2))
    second = daemon.status()
    assert second["today"] > first["today"]
    assert {(day["day"], day["policy"], day["refused"]) for day in second["days"]} == \
        {(first["today"], "home", 3), (second["today"], "dsl", 2)}
    assert [(day["day"], day["refused"]) for day in daemon.ctl("report")["days"]] == \
        [(first["today"], 3), (second["today"], 2)]
    assert daemon.ctl("report", "--since", second["today"])["days"] == \
        [day for day in second["days"] if day["policy"] == "dsl"]


def test_report(edge25, gate, time, monkeypatch):
    daemon = edge25(BLOCK, env=time.environment)
    line = gate.topology.subscribers[0]
    friend, = gate.flows(line, 1)
    used = daemon.ctl("allow", "add", "--to", friend.destination, "--comment", "ours")
    daemon.ctl("allow", "add", "--from", "100.64.9.9", "--comment", "nobody's")
    daemon.ctl("contain", line.address(4), "--for", "1h", "--comment", "by hand")
    daemon.ctl("release", line.address(4))
    gate.passes(friend)
    eventually(lambda: next(entry for entry in daemon.ctl("allow", "list")["entries"]
                            if entry["id"] == used["id"])["hits"], "a hit", 20)
    gate.refuses(*gate.flows(line, 15))
    time.pass_by(2 * DAY)
    eventually(lambda: daemon.ctl("report")["contained"], daemon.stderr)
    report = daemon.ctl("report")
    assert {(change["by"]["user"], change["action"], change["count"])
            for change in report["changes"] if change["by"]} >= \
        {("root", "add", 2), ("root", "contain", 1), ("root", "release", 1)}
    one, = report["contained"]
    assert (one["host"].split("/")[0], one["comment"], one["by"]["user"], one["automatic"]) == \
        (line.address(4), "by hand", "root", False)
    assert [host["host"].split("/")[0] for host in report["worst"]] == [line.address(4)]
    assert sum(report["incidents"]["opened"].values()) == 1
    late = daemon.ctl("report", "--since", "1d")
    assert [entry["comment"] for entry in late["allow"]["entries"]] == ["nobody's"]
    assert (late["allow"]["count"], late["allow"]["unused"], late["changes"]) == (2, 1, [])
    records = list(csv.DictReader(io.StringIO(daemon.control("report", "--csv").stdout, newline=""),
                                  strict=True))
    assert [(row["time"], row["policy"], row["refused"]) for row in records
            if row["record"] == "day"] == \
        [(day["day"], day["policy"], str(day["refused"])) for day in report["days"]]
    assert [(row["host"], row["comment"], row["user"]) for row in records
            if row["record"] == "contained"] == [(one["host"], "by hand", "root")]
    assert {row["record"] for row in records} >= {"report", "worst", "incidents", "changes", "allow"}
    text = page(daemon, monkeypatch, "report").stdout
    assert line.address(4) in text and "by hand" in text
    assert daemon.control("report", "--since", "2h", "--until", "3h").returncode == 1
