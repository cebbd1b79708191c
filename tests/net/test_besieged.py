# SPDX-License-Identifier: GPL-2.0-or-later
"""The control sockets besieged: a thousand clients that stall, floods of what is no request, by one user
or several. Everyone else is answered, nothing grows without bound, and packets do not notice."""

import contextlib
import json
import pathlib
import select
import socket
import time

import pytest

from lab.edge25 import BUILD, CONTROL
from lab.faults import frozen
from lab.promise import eventually, must_fail
from lab.siege import Caller, besieged

HOME = """
policy "home" { mode = block  deny = tcp-reset }
range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
"""
USERS = ("games", "mail", "news", "lp")
ONE = [("games", "stalled", 1000)]
SEVERAL = [(user, "stalled", 250) for user in USERS]
FLOOD = [(user, kind, 8) for user in USERS[:3] for kind in ("talking", "shouting")]
ASKING = [(user, "asking", 60) for user in USERS]
CALLS = 40
PATIENCE = 2.0       # seconds for an answer, on a machine that does much else
CONNECTIONS = 256    # CROWD_CLIENTS_MAX and CROWD_CLIENTS_USER_MAX of daemon/control/socket/crowd.h
OF_A_USER = 64
SPARE = 4            # descriptors: one that is let in or goes, a file that is read or written
# What control may need beside: 16 MiB of requests, and what one takes to parse; a sanitizer keeps what was
# freed.
MEGABYTES = 48 if BUILD.name != "build-san" else 1024
MEBIBYTE = 1 << 20


def memory(edge25):
    """What control has in memory, in MB."""
    lines = pathlib.Path(f"/proc/{edge25.pid(CONTROL)}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def descriptors(edge25):
    return len(list(pathlib.Path(f"/proc/{edge25.pid(CONTROL)}/fd").iterdir()))


def logged(edge25):
    """Bytes that edge25 has written where lines go."""
    return len(edge25.stderr()) + sum(path.stat().st_size
                                      for path in edge25.log_directory.iterdir())


def check_answered(edge25, name="control.sock"):
    """Everyone else is answered, and soon."""
    caller = Caller(edge25, name)
    for _ in range(CALLS):
        try:
            seconds, reply = caller.ask(timeout=PATIENCE)
        except OSError as error:
            raise AssertionError(f"no answer: {error}") from error
        assert "result" in reply, reply
        assert seconds < PATIENCE


def check_bounds(edge25, quiet, connections):
    """What control holds, beside what it held when all was QUIET."""
    assert descriptors(edge25) <= quiet["descriptors"] + connections + SPARE
    assert memory(edge25) <= quiet["memory"] + MEGABYTES
    assert logged(edge25) == quiet["logged"], edge25.stderr()[-1000:]


def look(edge25):
    return {"descriptors": descriptors(edge25), "memory": memory(edge25), "logged": logged(edge25)}


@pytest.mark.parametrize("parts, connections", [(ONE, OF_A_USER), (SEVERAL, CONNECTIONS),
                                                (FLOOD, CONNECTIONS), (ASKING, CONNECTIONS)],
                         ids=["stalled, one user", "stalled, several users", "floods",
                              "status without end"])
def test_besieged(edge25, gate, topology, parts, connections):
    daemon = edge25(HOME)
    quiet = look(daemon)
    with besieged(daemon, parts):
        check_answered(daemon)
        check_answered(daemon, "monitor.sock")
        check_bounds(daemon, quiet, connections)
        gate.refuses(*gate.flows(topology.subscribers[0], 2))
        if parts in (ONE, SEVERAL):
            losses = {loss["name"]: loss["count"] for loss in daemon.status()["losses"]}
            assert losses["connections-refused"] >= 1000 - CONNECTIONS
    eventually(lambda: descriptors(daemon) <= quiet["descriptors"] + SPARE,
               lambda: f"{descriptors(daemon)} descriptors", 20)


def test_besieged_control_run(edge25):
    """Somebody who is not answered is noticed, and what is written or kept."""
    daemon = edge25(HOME)
    quiet = look(daemon)
    with frozen(daemon.pid(CONTROL)):
        must_fail(check_answered, daemon)
    with connections(daemon, 1 + 2 * SPARE):  # the first look may have met a file that was open
        must_fail(check_bounds, daemon, quiet, 0)
    daemon.ctl("allow", "add", "--to", "203.0.113.25", "--comment", "a line of the log")
    eventually(lambda: logged(daemon) > quiet["logged"], "the line")
    must_fail(check_bounds, daemon, quiet, OF_A_USER)


@contextlib.contextmanager
def connections(edge25, count):
    """So many, admitted."""
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(count)]
        for peer in peers:
            peer.settimeout(20)
            peer.connect(str(edge25.socket))
        peers[-1].sendall(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n')
        peers[-1].recv(1)
        yield peers


def test_unfinished_requests_are_bounded_together(edge25):
    """Forty half-sent requests of almost a mebibyte each: those that are too many are told so, and the
    small one of another user stays."""
    daemon = edge25(HOME)
    quiet = memory(daemon)
    with connections(daemon, 1) as (other,), connections(daemon, 40) as peers:
        other.sendall(b'{"jsonrpc":"2.0",')
        for peer in peers[:-1]:
            send_all_that_is_taken(peer, b" " * (MEBIBYTE - 100))
        told = [peer for peer in peers[:-1] if b"too much is held" in received(peer)]
        assert len(told) >= 20
        assert memory(daemon) < quiet + MEGABYTES
        other.sendall(b'"id":1,"method":"status"}\n')
        assert b'"result"' in other.recv(4096)


def send_all_that_is_taken(peer, data):
    with contextlib.suppress(ConnectionError, TimeoutError):
        peer.sendall(data)


def received(peer):
    """What came within a moment."""
    peer.settimeout(0.2)
    try:
        return peer.recv(4096)
    except (TimeoutError, ConnectionError):
        return b""


def test_deadlines(edge25):
    """A request that comes in slowly has its deadline, however often a byte of it comes; and who takes
    nothing of what it asked for is dropped."""
    daemon = edge25(HOME)
    with connections(daemon, 2) as (slow, deaf):
        received(slow)
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            deaf.send(b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n' * 100)
        started = time.monotonic()
        text = b""
        while not text and time.monotonic() < started + 30:
            slow.sendall(b" ")
            text = received(slow)
        assert json.loads(text)["error"]["message"] == "the request was not there whole within 10 s"
        assert 9 < time.monotonic() - started < 20
        eventually(lambda: hung_up(deaf), "it is still there")


def hung_up(peer):
    """Has the other side gone? Nothing is taken of what it sent."""
    poll = select.poll()
    poll.register(peer, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))
