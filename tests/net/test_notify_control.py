# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25-notify and control: one that restarts, stands still, talks rubbish, is too old or has
another database."""

import json

import pytest

from lab.notices import (FAST, check_log, check_told, fixture_control, fixture_notify,  # noqa: F401
                         wait_until_read)
from lab.notify import answer, incident
from lab.promise import eventually

MEBIBYTE = 1 << 20


def test_control_restarts(control, notify):
    """Control goes and comes; nothing is lost, and the log says it once each."""
    one = notify(*FAST)
    control.put(incident(1))
    check_told(one, (1, ("opened",)))
    control.stop()
    control.path.unlink()
    control.put(incident(2))
    check_log(one, "cannot connect: No such file or directory")
    control.start()
    check_told(one, (1, ("opened",)), (2, ("opened",)))
    check_log(one, "connected\n")
    control.stop()
    check_log(one, "edge25-control closed the connection", times=2)
    control.start()
    control.put(incident(3))
    check_told(one, (1, ("opened",)), (2, ("opened",)), (3, ("opened",)))


def test_notification_that_is_lost(control, notify):
    """A watcher that is too slow is told that events were lost: that is a reason to ask."""
    one = notify(*FAST)
    eventually(control.watchers, one.stderr)
    control.put(incident(1), tell=False)
    control.send(b'{"jsonrpc":"2.0","method":"events.lost","params":{"count":3}}')
    check_told(one, (1, ("opened",)))


def test_attempts_are_passed_by(control, notify):
    """The lines of attempts, which come on the same stream, and counts that grow cost nothing but
    reading."""
    one = notify(*FAST)
    wait_until_read(control, one)
    asked = len(control.asked)
    line = json.dumps({"jsonrpc": "2.0", "method": "event", "params": {"src_ip": "100.64.0.1"}})
    control.put(incident(1))
    check_told(one, (1, ("opened",)))
    for number in range(2000):
        control.send(line.encode())
        control.change(1, attempts=number)
    control.put(incident(2))
    check_told(one, (1, ("opened",)), (2, ("opened",)))
    assert len(control.asked) - asked < 10


@pytest.mark.parametrize("line", [
    b"", b"\x00\xff\xfe", b"[]", b"{}", b"GET / HTTP/1.1", b'{"jsonrpc":"2.0","id":1}',
    b"[" * 100000,
    b'{"jsonrpc":"2.0","id":null,"error":{"code":-32002,"message":"\\u001b[31mbusy"}}',
    b"x" * (17 * MEBIBYTE),
], ids=["empty", "bytes", "array", "object", "http", "neither", "nested", "error", "long"])
def test_garbage(control, notify, line):
    """Whatever comes from the socket ends that connection at most; then it goes on."""
    one = notify(*FAST)
    eventually(control.watchers, one.stderr)
    control.send(line)
    check_log(one, "; trying again")
    assert "\x1b" not in one.stderr()
    control.put(incident(1))
    check_told(one, (1, ("opened",)))


@pytest.mark.parametrize("result", [
    [], {}, {"incidents": []}, {"incidents": {}, "last": 1}, {"incidents": [1], "last": 1},
    {"incidents": [{"id": 1}], "last": 1}, {"incidents": [], "last": -5},
    {"incidents": [{**incident(1), "change": 1, "class": "no word"}], "last": 1},
    {"incidents": [{**incident(1), "change": 1, "state": "ajar"}], "last": 1},
    {"incidents": [{**incident(1), "change": 2}, {**incident(2), "change": 2}], "last": 2},
    {"incidents": [{**incident(1), "change": 1 << 62}], "last": "1"},
], ids=range(11))
def test_answers_that_are_none(control, notify, result):
    """An answer that is not as edge25-rpc(7) says moves nothing forward."""
    one = notify(*FAST)
    eventually(control.watchers, one.stderr)

    def reply(request):
        if request["method"] == "events.watch":
            return None
        return answer(request, result=result)

    control.reply = reply
    control.put(incident(5))
    check_log(one, "is this socket edge25-control's?; trying again")
    control.reply = None
    eventually(lambda: (5, ("opened",)) in one.told(), one.stderr)


def test_silence(control, notify):
    """A control that stands still is left, and found again."""
    one = notify(*FAST)
    eventually(control.watchers, one.stderr)
    control.reply = lambda request: b""
    control.put(incident(1))
    eventually(lambda: "no answer for 10 s" in one.stderr(), one.stderr, patience=30)
    control.reply = None
    check_told(one, (1, ("opened",)))


def test_control_without_incidents(control, notify):
    """One of an older version: said, and asked again."""
    fault = {"code": -32601, "message": "there is no method incidents.list"}
    control.reply = lambda request: None if request["method"] == "events.watch" else \
        answer(request, error=fault)
    one = notify(begun=False)
    check_log(one, "there is no method incidents.list; trying again")
    control.reply = None
    one.wait_until_begun()


def test_another_database(control, notify):
    """Changes that are counted from the beginning are of another database: all of it is new."""
    one = notify(*FAST)
    control.put(*(incident(number) for number in range(1, 6)))
    eventually(lambda: len(one.told()) == 5, one.stderr)
    control.stop()
    control.incidents, control.last = {}, 0
    control.put(incident(1))
    control.start()
    eventually(lambda: len(one.told()) == 6, one.stderr)
    assert one.told()[5] == (1, ("opened",))
    check_log(one, "this is another database")
