# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripts in examples/ that talk to the control sockets, and those of edge25-rpc(7), as they are
installed: with socat and jq, and with Python's standard library."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from lab.edge25 import CONTROL, REPOSITORY
from lab.promise import eventually
from lab.sockets import connect_many

CONFIGURATION = """
policy "home" { mode = block  pace = 0  suspect-servers = 3 }
range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
"""
MINIMAL = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module", name="installed")
def fixture_installed(tmp_path_factory):
    """Where `make install` puts the examples."""
    need("make")
    root = tmp_path_factory.mktemp("installed")
    listed = subprocess.run(["make", "-s", "-n", "install", f"DESTDIR={root}", "PREFIX=/usr"],
                            cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    line = next(line for line in listed.splitlines() if "/share/edge25/examples/" in line)
    subprocess.run(f"mkdir -p {root}/usr/share/edge25/examples && {line}", cwd=REPOSITORY,
                   shell=True, check=True)
    return root / "usr/share/edge25/examples"


def run(words, edge25=None, name="control.sock"):
    """A script with nothing of this environment: its exit code and what it said."""
    environment = dict(MINIMAL)
    if edge25:
        environment["EDGE25_SOCKET"] = str(edge25.directory / "run" / name)
    done = subprocess.run(list(map(str, words)), env=environment, capture_output=True, text=True,
                          timeout=60, cwd="/")
    return done.returncode, done.stdout, done.stderr


def need(*programs):
    """Skips where one is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip(f"missing: {' '.join(missing)} (see tests/net/packages.txt)")


def test_top_hosts(edge25, gate, topology, installed):
    need("socat", "jq")
    daemon = edge25(CONFIGURATION)
    for line, count in ((topology.subscribers[0], 5), (topology.subscribers[1], 2)):
        connect_many(line, [flow.destination for flow in gate.flows(line, count)])
    script = installed / "top-hosts.sh"

    def read(count):
        code, out, error = run([script, count], daemon, "monitor.sock")
        assert (code, error) == (0, "")
        return [line.split("\t") for line in out.splitlines()]

    most, fewer = (line.address(4) for line in topology.subscribers[:2])
    eventually(lambda: [row[:3] for row in read(10)] == [[most, "suspect", "5"],
                                                         [fewer, "clean", "2"]],
               lambda: str(read(10)))
    assert read(1) == [[most, "suspect", "5", "5", "5", ""]]
    assert run([script, 1001], daemon) == (1, "", "limit: expected a number from 1 to 1000\n")
    assert run([script, "many"], daemon)[0] == 1
    code, out, error = run([script], None)
    assert (code, out) == (1, "") and "/run/edge25/monitor.sock" in error


def test_allow_ticket(edge25, gate, topology, installed):
    daemon = edge25(CONFIGURATION)
    line = topology.subscribers[0]
    script = installed / "allow-ticket.py"
    gate.refuses(*gate.flows(line))
    code, identity, error = run([script, "42 & more", "100.64.0.2", "2h"], daemon)
    assert (code, error) == (0, "")
    gate.passes(*gate.flows(line))
    entry, = daemon.ctl("allow", "list")["entries"]
    assert (str(entry["id"]), entry["comment"]) == (identity.strip(), "ticket 42 & more")
    assert run([script, "42", "100.64.0.2"], daemon) == (
        1, "", f"there is such an entry already: id {entry['id']}\n")
    assert run([script, "42", "100.64.0.9"], daemon, "monitor.sock") == (
        1, "", "allow.add is not permitted on monitor.sock: use control.sock\n")
    assert run([script]) == (1, "", "usage: allow-ticket.py TICKET SOURCE [DURATION]\n")
    assert run([script, "42", "100.64.0.2"]) == (
        1, "", "/run/edge25/control.sock: No such file or directory\n")


def test_follow_incidents(edge25, gate, topology, installed, tmp_path):
    """None is missed while control is killed and starts again."""
    daemon = edge25(CONFIGURATION)
    output = tmp_path / "incidents"
    with open(output, "wb") as file:
        follower = subprocess.Popen(
            [installed / "follow-incidents.py"], stdout=file, stderr=subprocess.PIPE,
            env={**MINIMAL, "EDGE25_SOCKET": str(daemon.directory / "run/monitor.sock")})
    with contextlib.ExitStack() as stack:
        stack.callback(follower.communicate)
        stack.callback(follower.kill)

        def hosts():
            return {json.loads(line)["host"] for line in output.read_text().splitlines()}

        def misbehave(number):
            line = topology.subscribers[number]
            connect_many(line, [flow.destination for flow in gate.flows(line, 6)])
            eventually(lambda: line.address(4) in hosts(), output.read_text, 20)

        misbehave(0)
        old = daemon.signal(CONTROL, signal.SIGKILL)
        daemon.wait_for_new(CONTROL, old)
        daemon.wait_until_healthy()
        misbehave(1)
        follower.send_signal(signal.SIGINT)
        assert follower.wait(20) == 130


def manual(name):
    """The literal example of edge25-rpc(7) that has NAME in it, as a reader would copy it."""
    source = (REPOSITORY / "man/edge25-rpc.7").read_text(encoding="utf-8")
    blocks = re.findall(r"\.Bd -literal[^\n]*\n(.*?)\.Ed\n", source, re.S)
    return next(block for block in blocks if name in block).replace("\\e", "\\")


def test_examples_of_the_manual(edge25):
    need("socat", "jq")
    daemon = edge25(CONFIGURATION)
    own = str(daemon.socket)
    shell = manual("jq").replace("/run/edge25/control.sock", own)
    code, out, error = run(["sh", "-c", shell])
    assert (code, error) == (0, "") and json.loads(out)["attempts"] == 0
    program = manual("import json").replace("/run/edge25/control.sock", own)
    code, out, error = run(["python3", "-c", program])
    assert (code, error) == (0, "")
    entry, = daemon.ctl("allow", "list")["entries"]
    assert out == f"{entry['id']}\n" and entry["from"] == "100.64.3.7"


def test_nothing_else_is_needed(installed):
    """Each script is one that people can run, and names what it needs."""
    scripts = sorted(path.name for path in installed.iterdir())
    assert scripts == sorted(path.name for path in (REPOSITORY / "examples").iterdir()
                             if path.suffix != ".yml")
    for path in installed.iterdir():
        assert os.access(path, os.X_OK), path
        if path.suffix == ".sh":
            subprocess.run(["dash", "-n", path], check=True)
        if path.suffix == ".py":
            imported = set(re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.M))
            assert imported <= {"json", "os", "socket", "sys", "time"}, path
