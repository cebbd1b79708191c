# SPDX-License-Identifier: GPL-2.0-or-later
"""What edge25 needs and does not get: a clear line, the exit status, and nothing changed.

A kernel without the `queue` expression is served by the NFQUEUE target; test_queue_expression holds
the rule against what this kernel has, whichever it is. Kernels without nf_tables, `reject` or `fib`
cannot be made here: no test meets the lines in which rules/probe.c names what is missing.
"""

import shutil

import pytest

from lab.edge25 import BUILD, CONTROL, ENGINE, Edge25
from lab.faults import bound, owned
from lab.promise import eventually, must_fail

HOME = """
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
"""
OTHER_QUEUES = "queue-first = 2600\n"
NOBODY = ["setpriv", "--reuid=nobody", "--clear-groups"]
LACKS = "root lacks the capability %s (%s): does a container hold it back?"
HELD = ("table inet edge25 is held by another process (or CAP_NET_ADMIN is missing): stop the "
        "other edge25-engine in this network namespace")
BOUND = "queue %d is bound by another program: stop that, or choose another queue-first"
FAILED = 1
CONFIG = 78  # EX_CONFIG of sysexits.h


def without(capability):
    """The words that start a program as root without a capability."""
    return ["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}"]


@pytest.fixture(name="make")
def fixture_make(topology, laboratory, serial):
    """A function that makes an edge25 that is not started."""
    def make(configuration=HOME):
        directory = laboratory / f"setup-{next(serial)}"
        return Edge25(topology.gateway, directory, configuration)
    return make


def tables(edge25):
    """The tables of the kernel."""
    return edge25.namespace.run(["nft", "list", "tables"]).stdout.splitlines()


def check_refused(edge25, words, code, line):
    """The program says that line alone and leaves; nothing is there that was not before."""
    before = tables(edge25)
    result = edge25.namespace.run(words, check=False)
    assert (result.returncode, result.stderr) == (code, f"{line}\n")
    assert tables(edge25) == before
    assert not list(edge25.directory.glob("run/*"))


@pytest.mark.parametrize("words, line", [
    (NOBODY, "must be started as root (sudo edge25d ...)"),
    (without("net_admin"), LACKS % ("net_admin", "the engine's, for nftables and NFQUEUE")),
    (without("setuid"), LACKS % ("setuid", "to start each process as its user")),
    (without("kill"), LACKS % ("kill", "to stop processes of other users")),
], ids=["nobody", "net_admin", "setuid", "kill"])
def test_capability(make, words, line):
    edge25 = make()
    check_refused(edge25, [*words, BUILD / "edge25d", "-c", edge25.configuration], FAILED,
                  f"edge25d: {line}")


@pytest.mark.parametrize("words", [NOBODY, without("net_admin")], ids=["nobody", "net_admin"])
def test_capability_of_the_engine(make, words):
    edge25 = make()
    engine = [BUILD / ENGINE, "--peer-user", "nobody", "--listen", edge25.directory / "engine.sock"]
    check_refused(edge25, [*words, *engine], CONFIG, "edge25-engine: CAP_NET_ADMIN is missing: "
                  "start through edge25d or the systemd unit")
    assert not (edge25.directory / "engine.sock").exists()


def test_capability_to_remove(edge25):
    daemon = edge25(HOME)
    daemon.stop()
    for program in ("edge25d", ENGINE):  # where nobody can reach them, wherever the checkout is
        shutil.copy(BUILD / program, daemon.directory)
    result = daemon.namespace.run([*NOBODY, daemon.directory / "edge25d", "--remove"], check=False)
    assert result.returncode == FAILED
    assert result.stderr.count("\n") == 1 and "run this as root" in result.stderr
    assert "table inet edge25" in tables(daemon)


def check_gives_up(edge25, line):
    """edge25d starts, the engine says that line once, all ends; the tables stay as they were."""
    before = tables(edge25)
    result = edge25.run(check=False)
    assert result.returncode == FAILED
    assert result.stderr.splitlines().count(f"edge25-engine: engine: {line}") == 1, result.stderr
    assert tables(edge25) == before


@pytest.mark.parametrize("number", [2500, 2503])
def test_queue_is_bound(make, gate, number):
    edge25 = make(HOME + "queues = 4\n")
    with bound(edge25.namespace, number):
        check_gives_up(edge25, BOUND % number)
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def test_queue_is_bound_at_a_reload(edge25, gate):
    """The change is refused, status says so, and all goes on as before."""
    daemon = edge25(HOME)
    before = table(daemon)
    with bound(daemon.namespace, 2600):
        daemon.configure(HOME.replace("block", "monitor") + OTHER_QUEUES)
        daemon.reload()
        expected = [{"name": "reload", "text": "the last reload failed, and the configuration "
                     "before it is in force: the engine could not do it: " + BOUND % 2600}]
        # A moment before, the plan is refused and the old one not in force again.
        eventually(lambda: daemon.status()["problems"] == expected,
                   lambda: f"{expected}, not {daemon.status()['problems']}")
        assert daemon.control().returncode == 1
        assert table(daemon) == before
        gate.refuses(*gate.flows(gate.topology.subscribers[0]))
    daemon.reload()
    daemon.wait_until_healthy()
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def table(edge25):
    """The chains of the table, without what packets change."""
    text = edge25.namespace.run(["nft", "-s", "list", "table", "inet", "edge25"]).stdout
    return text[text.index("chain "):]


def test_table_is_held(make, gate):
    edge25 = make()
    with owned(edge25.namespace):
        check_gives_up(edge25, HELD)
        result = edge25.run("--remove", check=False)
        assert result.returncode == FAILED and result.stderr.count("\n") == 1
        assert "stop it first" in result.stderr
        assert "table inet edge25" in tables(edge25)
    eventually(lambda: "table inet edge25" not in tables(edge25), "the other table to go")
    gate.passes(*gate.flows(gate.topology.subscribers[0]))


def test_second_daemon_beside_the_first(edge25, make, gate):
    """Other directories and queues, but one table: the second gives up, the first goes on."""
    first = edge25(HOME)
    before, processes = table(first), (first.pid(ENGINE), first.pid(CONTROL))
    check_gives_up(make(HOME + OTHER_QUEUES), HELD)
    check_gives_up(make(), BOUND % 2500)
    assert table(first) == before
    assert (first.pid(ENGINE), first.pid(CONTROL)) == processes
    first.wait_until_healthy()
    gate.refuses(*gate.flows(gate.topology.subscribers[0]))


def test_second_daemon_with_the_same_directory(edge25, gate):
    daemon = edge25(HOME)
    result = daemon.run(check=False)
    assert (result.returncode, result.stderr) == (
        FAILED, f"edge25d: another edge25d (process {daemon.pid()}) runs with run-dir "
        f"{daemon.directory}/run: stop it first, or set another run-dir\n")
    daemon.wait_until_healthy()
    gate.refuses(*gate.flows(gate.topology.subscribers[0]))


def test_control_run(make):
    """An end for another reason, or none at all, is not taken for the refusal."""
    edge25 = make()
    must_fail(check_refused, edge25, [BUILD / "edge25d", "-t", "-c", edge25.configuration], FAILED,
              "any")
    edge25.configure("")
    must_fail(check_gives_up, edge25, HELD)


def test_queue_expression(edge25):
    """Native where the kernel has it, the NFQUEUE target where it has not."""
    daemon = edge25(HOME)
    rule = ["nft", "--check", "add table inet probe; add chain inet probe c { type filter hook "
            "prerouting priority 0; }; add rule inet probe c queue num 1 bypass"]
    native = daemon.namespace.run(rule, check=False).returncode == 0
    assert ("native-queue" in daemon.status()["engine"]["features"]) == native
    listing = daemon.namespace.run(["nft", "--debug=netlink", "list", "chain", "inet", "edge25",
                                    "queue_home"]).stdout
    assert ("[ queue num " in listing) == native
    assert ("[ target name NFQUEUE rev 3 ]" in listing) != native


MANY = 360_000  # IPv6 intervals: more than goes to the kernel in one part
IN_TWO_PARTS = """
policy "home" { mode = block }
policy "late" { mode = block }
range "many" { prefix-file = "%s"  policy = "home" }
range "last" { prefixes = { "2001:db9::/48" }  policy = "late" }
"""


def test_of_a_plan_that_fails_late_nothing_stays(edge25, topology, laboratory):
    """A chain that is not what it should be: no element can lead there, and those come last."""
    prefixes = laboratory / "many"
    prefixes.write_text("".join(f"2001:db8:{number >> 15:x}:{number << 1 & 0xffff:x}::/64\n"
                                for number in range(MANY)), encoding="ascii")
    topology.gateway.run(["nft", "add table inet edge25; add chain inet edge25 policy_late "
                                 "{ type filter hook input priority 0; }"])
    daemon = edge25(IN_TWO_PARTS % prefixes, healthy=False)
    eventually(lambda: "edge25: elements of range6" in daemon.stderr(), daemon.stderr, 60)
    kept = topology.gateway.run(["nft", "list", "table", "inet", "edge25"]).stdout
    assert [line.split()[0] for line in kept.splitlines() if line.endswith("{")] == [
        "table", "chain"]
    topology.gateway.run(["nft", "delete table inet edge25"])
    assert daemon.ctl("reload")["applied"]
