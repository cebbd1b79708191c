# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25-notify: every incident reaches the operator's command as it is wanted, through kill -9 and
restarts; and the command runs no more often than it may."""

import itertools
import pathlib
import time

import pytest

from lab.edge25 import BUILD
from lab.notices import (FAST, check_log, check_told, fixture_control, fixture_notify,  # noqa: F401
                         shell, wait_until_read)
from lab.notify import PATH, Notify, incident
from lab.promise import eventually, must_fail

HOSTILE = "a\x1b\x7f]0;owned\x07\n\"$(reboot)`'; \u202egpj.exe \U0001f4a9 \x00 %s"
MEBIBYTE = 1 << 20


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
