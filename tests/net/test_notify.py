# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25-notify: every incident reaches the operator's command, whatever happens to the command,
to control or to edge25-notify itself; and the command runs no more often than it may."""

import itertools
import json
import pathlib
import signal
import time

import pytest

from lab.edge25 import BUILD
from lab.host import wait_for
from lab.notify import PATH, FakeControl, Notify, answer, incident
from lab.promise import eventually, must_fail

HOSTILE = "a\x1b\x7f]0;owned\x07\n\"$(reboot)`'; \u202egpj.exe \U0001f4a9 \x00 %s"
MEBIBYTE = 1 << 20
FAST = ("--rate", "1000/s")


@pytest.fixture(name="control")
def fixture_control(tmp_path):
    """A monitor.sock."""
    with FakeControl(tmp_path / "monitor.sock") as control:
        yield control


@pytest.fixture(name="notify")
def fixture_notify(tmp_path, control):
    """notify(*options, command=...) -> Notify, that has begun with no incident there."""
    started = []

    def start(*options, begun=True, **other):
        directory = tmp_path / f"notify-{len(started)}"
        started.append(Notify(directory, control.path, *options, **other).start())
        if begun:
            started[-1].wait_until_begun()
        return started[-1]

    yield start
    for one in started:
        one.kill()


def shell(script):
    """A command that is a script."""
    return ["/bin/sh", "-c", script]


def check_told(notify, *expected):
    """So much was handed over, in this order, and no more."""
    eventually(lambda: len(notify.told()) >= len(expected),
               lambda: f"told {notify.told()} of {expected}\n{notify.stderr()}")
    assert notify.told() == list(expected), notify.stderr()


def check_log(notify, text, times=1):
    """The log says it, so often."""
    eventually(lambda: notify.stderr().count(text) >= times,
               lambda: f"'{text}' is not in the log\n{notify.stderr()}")
    assert notify.stderr().count(text) == times, notify.stderr()


def test_life_of_an_incident(control, notify):
    """Opened, another class, closed; an update of figures is nothing to tell."""
    one = notify(*FAST)
    control.put(incident(12))
    check_told(one, (12, ("opened",)))
    control.change(12, attempts=500)
    control.change(12, **{"class": "infected"})
    check_told(one, (12, ("opened",)), (12, ("class",)))
    control.change(12, action="contained")
    control.close(12)
    check_told(one, (12, ("opened",)), (12, ("class",)), (12, ("closed",)))
    must_fail(check_told, one, (12, ("opened",)), (12, ("closed",)))


def test_document_and_environment(control, notify):
    """The whole incident on standard input; in the environment nothing of a subscriber's choice,
    and nothing of the service's own."""
    one = notify()
    whole = incident(12, name=HOSTILE, name_source="dnsmasq", host="2001:db8:1::/64")
    control.put(whole)
    check_told(one, (12, ("opened",)))
    document = one.documents()[0]
    assert document == {**whole, "change": 1, "changed": ["opened"]}
    text = next(one.records.glob("*.json")).read_bytes()
    assert text.endswith(b"}\n") and text.count(b"\n") == 1
    assert all(0x20 <= byte < 0x7f for byte in text[:-1])
    environment = one.environments()[0]
    for name in ("PWD", "_", "SHLVL", "OLDPWD"):  # the shell's own
        environment.pop(name, None)
    assert environment == {
        "PATH": PATH, "EDGE25_NOTICE": "incident", "EDGE25_COUNT": "1",
        "EDGE25_LAST": "1", "EDGE25_TRY": "1", "EDGE25_SOCKET": str(control.path),
        "EDGE25_INCIDENT": "12", "EDGE25_HOST": "2001:db8:1::/64", "EDGE25_CLASS": "suspect",
        "EDGE25_ACTION": "refused", "EDGE25_STATE": "open", "EDGE25_CHANGED": "opened"}


def test_host_that_is_no_address(control, notify):
    """Whatever comes as a host, only an address gets into the environment and the log."""
    one = notify(*FAST)
    control.put(incident(12, host="$(reboot)\n\x1b[31m"))
    check_told(one, (12, ("opened",)))
    assert one.environments()[0]["EDGE25_HOST"] == ""
    assert "\x1b" not in one.stderr()


@pytest.mark.parametrize("options, expected", [
    ((), [(1, ("opened",)), (1, ("class",)), (1, ("closed",))]),
    (("--on", "opened"), [(1, ("opened",))]),
    (("--on", "closed,action"), [(1, ("action",)), (1, ("closed",))]),
    (("--class", "infected"), [(1, ("opened",)), (1, ("closed",))]),
    (("--class", "misconfigured,clean"), []),
    (("--class", "suspect"), [(1, ("opened",)), (1, ("class",)), (1, ("closed",))]),
])
def test_what_is_wanted(control, notify, options, expected):
    """--on and --class choose; whoever was told of an incident is told of its end."""
    one = notify(*FAST, *options)
    for step in ({}, {"class": "infected"}, {"action": "contained"}, {"state": "closed"}):
        control.put({**incident(1), **control.incidents.get(1, {}), **step})
        wait_until_read(control, one)
    check_told(one, *expected)


def wait_until_read(control, notify):
    """Wait until every change was asked for, judged, and handed over or not."""
    def read():
        control.send(b'{"jsonrpc":"2.0","method":"events.lost","params":{"count":1}}')
        last = control.asked[-1].get("params", {})
        return last.get("after") == control.last and not notify.children()

    wait_for(read, lambda: f"everything to be read\n{notify.stderr()}")


def test_first_start(control, notify):
    """Begins with what comes, --from-start with what is there."""
    control.put(incident(1), incident(2))
    control.close(2)
    now, start = notify(*FAST), notify(*FAST, "--from-start", begun=False)
    check_told(start, (1, ("opened",)), (2, ("opened", "closed")))
    control.close(1)
    control.put(incident(3))
    check_told(now, (1, ("closed",)), (3, ("opened",)))
    check_told(start, (1, ("opened",)), (2, ("opened", "closed")), (1, ("closed",)),
               (3, ("opened",)))


def test_restart_goes_on(control, notify):
    """What happens while it is away is told when it is back, once."""
    one = notify(*FAST)
    control.put(incident(1), incident(2))
    check_told(one, (1, ("opened",)), (2, ("opened",)))
    assert one.stop() == 0
    control.close(1)
    control.put(incident(3))
    control.put(incident(4))
    control.close(4)
    one.start()
    check_told(one, (1, ("opened",)), (2, ("opened",)), (1, ("closed",)), (3, ("opened",)),
               (4, ("opened", "closed")))


def test_killed_again_and_again(control, notify):
    """kill -9 at any moment: each incident comes, and twice at most what was in hand."""
    one = notify(*FAST)
    numbers = itertools.count(1)
    kills = 12
    for number in range(kills):
        for _ in range(4):
            control.put(incident(next(numbers)))
            time.sleep(0.004 * number)
        one.kill()
        one.start()
    control.put(incident(next(numbers)))
    last = next(numbers) - 1
    eventually(lambda: (last, ("opened",)) in one.told(), one.stderr)
    told = [identity for identity, _ in one.told()]
    assert set(told) == set(range(1, last + 1))
    assert len(told) - len(set(told)) <= 4 * kills  # a digest in hand has four at most
    runs = [tuple(entry["id"] for entry in document.get("incidents", [document]))
            for document in one.documents()]
    assert len(runs) - len(set(runs)) <= kills


def test_killed_while_in_hand(control, notify):
    """The one in hand comes again, nothing else does."""
    gate = pathlib.Path(control.path).with_name("gate")
    one = notify(*FAST)
    recorder = " ".join(map(str, one.command))
    one.kill()
    one.command = shell(f"{recorder}; test -e {gate} || exec sleep 1000")
    one.start()
    control.put(incident(1))
    eventually(lambda: len(one.told()) == 1, one.stderr)
    control.put(incident(2))
    one.kill()
    gate.touch()
    one.start()
    check_told(one, (1, ("opened",)), (1, ("opened",)), (2, ("opened",)))


def test_command_ends_with_a_killed_notify(control, notify):
    one = notify(*FAST, command=shell("exec sleep 1000"))
    control.put(incident(1))
    (child,) = eventually(one.children, one.stderr)
    one.kill()
    eventually(lambda: not pathlib.Path(f"/proc/{child}").exists(), "the command to end")


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
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
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


def test_rate(control, notify):
    """So many at once; then they gather, and a digest comes when the rate allows."""
    one = notify("--rate", "2/4s")
    begun = time.monotonic()
    for number in range(1, 7):
        control.put(incident(number))
        eventually(lambda: control.asked[-1]["method"] == "incidents.list", "asked")
        if number <= 2:
            eventually(lambda: len(one.told()) == number, one.stderr)
    control.close(6)
    eventually(lambda: len(one.told()) == 6, one.stderr)
    assert time.monotonic() - begun >= 1.9  # half of the time of two
    documents = one.documents()
    assert [document.get("digest", False) for document in documents] == [False, False, True]
    digest = documents[2]
    assert [entry["id"] for entry in digest["incidents"]] == [3, 4, 5, 6]
    assert digest["incidents"][3]["changed"] == ["opened", "closed"]
    assert {key: digest[key] for key in digest if key != "incidents"} == {
        "digest": True, "count": 4, "left_out": 0, "after": 2, "last": 7, "given_up": 0,
        "classes": {"suspect": 4}, "changed": {"opened": 4, "closed": 1}}
    environment = one.environments()[2]
    assert (environment["EDGE25_NOTICE"], environment["EDGE25_COUNT"]) == ("digest", "4")
    assert "EDGE25_HOST" not in environment


def test_rate_survives_a_restart(control, notify):
    """Whoever crashes again and again does not send without end."""
    one = notify("--rate", "2/h")
    for number in range(1, 6):
        control.put(incident(number))
        eventually(lambda: len(one.told()) == min(number, 2), one.stderr)
        wait_until_read(control, one)
        one.kill()
        one.start()
    wait_until_read(control, one)
    assert len(one.documents()) == 2


def test_flood(control, notify):
    """10,000 incidents at once: a few runs, a digest that names some and counts all, bounded
    memory, and nothing that is not accounted for."""
    one = notify("--rate", "3/3s", "--digest", "50")
    eventually(control.watchers, one.stderr)
    before = one.memory()
    for start in range(1, 10001, 500):
        control.put(*(incident(number, **{"class": "infected" if number % 10 == 0 else "suspect"})
                      for number in range(start, start + 500)))
    eventually(lambda: sum(document.get("count", 1) for document in one.documents()) >= 10000,
               one.stderr, patience=60)
    documents = one.documents()
    assert sum(document.get("count", 1) for document in documents) == 10000
    for document in documents:
        if "incidents" in document:
            assert len(document["incidents"]) <= 50
            assert document["left_out"] == document["count"] - len(document["incidents"])
            assert sum(document["classes"].values()) == document["count"]
    # What is only counted can be asked for: the digests leave no gap.
    ends = [(document.get("after", document.get("change", 0) - 1),
             document.get("last", document.get("change"))) for document in documents]
    assert ends[0][0] == 0 and ends[-1][1] == 10000
    assert all(left[1] == right[0] for left, right in zip(ends, ends[1:]))
    if BUILD.name != "build-san":  # which keeps what was freed
        assert one.memory() - before < 24 * MEBIBYTE
    for number in range(1000, 10001, 1000):
        control.close(number)
    eventually(lambda: sum(document.get("changed", {}).get("closed", 0)
                           if isinstance(document.get("changed"), dict) else 1
                           for document in one.documents()
                           if "closed" in document["changed"]) == 10, one.stderr, patience=30)


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
    """The lines of attempts, which come on the same stream, cost nothing but reading."""
    one = notify(*FAST)
    wait_until_read(control, one)
    asked = len(control.asked)
    line = json.dumps({"jsonrpc": "2.0", "method": "event", "params": {"src_ip": "100.64.0.1"}})
    for _ in range(2000):
        control.send(line.encode())
    control.put(incident(1))
    check_told(one, (1, ("opened",)))
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


def test_long_incident(control, notify):
    """One that is too long loses its evidence, then everything but what it is."""
    one = notify(*FAST)
    many = incident(1)["evidence"] * 200
    control.put(incident(1, evidence=many))
    eventually(lambda: len(one.documents()) == 1, one.stderr)
    control.put(incident(2, evidence=many, reasons=["x" * 100000]))
    eventually(lambda: len(one.documents()) == 2, one.stderr)
    assert one.documents()[0] == {**incident(1), "change": 1, "evidence": [],
                                  "changed": ["opened"]}
    assert one.documents()[1] == {"id": 2, "change": 2, "state": "open", "host": "100.64.0.2",
                                  "class": "suspect", "action": "refused", "changed": ["opened"]}


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


@pytest.mark.parametrize("text, line", [
    ("", 1), ("edge25-notify 2\nchange 1\nend\n", 1), ("edge25-notify 1\nchange 1\n", 3),
    ("edge25-notify 1\nchange -1\nend\n", 2), ("edge25-notify 1\nincident 1 a b c\nend\n", 2),
    ("edge25-notify 1\nincident 1 \x1b[31m b\nend\n", 2), ("edge25-notify 1\n" + "x" * 500, 2),
], ids=range(7))
def test_damaged_state(notify, text, line):
    """It does not guess where it was."""
    one = notify()
    one.stop()
    one.state.write_text(text)
    one.start()
    assert one.process.wait(20) == 78
    check_log(one, f"line {line} of it is not what edge25-notify wrote: {one.state}")


def test_state_is_its_own(control, notify):
    """Two of them with one state would each forget what the other handed over."""
    one = notify()
    two = Notify(one.directory / "two", control.path)
    two.state = one.state
    two.start()
    assert two.process.wait(20) == 1
    check_log(two, "another edge25-notify does")


def test_state_that_cannot_be_written(control, notify):
    """It goes on, and says that a restart would tell again."""
    one = notify(*FAST)
    one.state.with_name("last.new").mkdir()  # in the way of the temporary file
    control.put(incident(1))
    check_log(one, f"cannot write {one.state}: Is a directory")
    control.put(incident(2))
    check_told(one, (1, ("opened",)), (2, ("opened",)))
    check_log(one, f"cannot write {one.state}")
    one.state.with_name("last.new").rmdir()
    control.put(incident(3))
    check_log(one, f"written again: {one.state}")


@pytest.mark.parametrize("words, message", [
    ((), "no command: edge25-notify [OPTIONS] -- COMMAND [ARG...]"),
    (("--rate", "10"), "--rate is a number of runs in a time, as 10/h or 3/10m, not '10'"),
    (("--rate", "0/h", "true"),
     "--rate is a number of runs in a time, as 10/h or 3/10m, not '0/h'"),
    (("--on", "opened,", "true"), "--on is some of opened,closed,class,action, not 'opened,'"),
    (("--class", "bad", "true"),
     "--class is some of clean,misconfigured,suspect,infected, not 'bad'"),
    (("--timeout", "1y", "true"), "--timeout is a time, as 30s or 5m, not '1y'"),
    (("--tries", "0", "true"), "--tries is 1 to 1000, not '0'"),
    (("--digest", "1001", "true"), "--digest is 1 to 1000, not '1001'"),
    (("--", "/nonexistent/x"), "cannot run /nonexistent/x: No such file or directory"),
])
def test_usage(tmp_path, words, message):
    """A line that says what is wrong, and exit code 2."""
    one = Notify(tmp_path / "usage", tmp_path / "monitor.sock", *words, command=())
    one.command = ()
    one.start()
    one.process.wait(20)
    check_log(one, f"edge25-notify: {message}")
    assert one.process.returncode == 2
