# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of others, on traces made by hand, and the arithmetic of the benchmark."""

import detect_report
import detect_score as score
import pytest
from detect_rules import connection_limit, ntopng, zeek

HOST = "100.64.0.2"


def rows(times, port=25, answered=0, servers=None, source=HOST):
    """An opening at each time, each to another server, or to @servers in turn."""
    return [(t, source, f"192.0.2.{number % (servers or 250)}", 40000 + number, port, answered)
            for number, t in enumerate(times)]


@pytest.mark.parametrize("trace,when", [
    (rows(range(0, 25)), 24),
    (rows(range(0, 24)), None),
    (rows(range(0, 25), servers=24), None),          # different hosts
    (rows(range(0, 25), answered=1), None),          # that failed
    (rows(range(0, 25), port=587), None),
    (rows(range(290, 315)), None),                   # an epoch ends at 300
    (rows(range(290, 330)), 324),
    (rows(range(0, 3000, 13)), None),                # 23 in 300 s
])
def test_zeek(trace, when):
    assert zeek(trace).get(HOST) == when


def test_zeek_looks_at_each_address_alone():
    trace = [(t, f"2001:db8::{t:x}", f"2a00::{t:x}", 40000, 25, 0) for t in range(100)]
    assert zeek(trace) == {}


@pytest.mark.parametrize("trace,when", [
    (rows(range(0, 6)), 5),
    (rows(range(0, 6), answered=1), 5),
    (rows(range(0, 6), port=587), 5),
    (rows(range(0, 100), servers=5), None),
    (rows(range(0, 60000, 10000)), 50000),           # it does not forget
])
def test_ntopng(trace, when):
    assert ntopng(trace).get(HOST) == when


@pytest.mark.parametrize("trace,when", [
    (rows([n / 100 for n in range(31)]), 0.30),
    (rows([n / 100 for n in range(30)]), None),
    (rows([n / 100 for n in range(31)], servers=1), 0.30),   # connections, not servers
    (rows([n / 5 for n in range(200)]), None),               # 25 within 5 s
    (rows([n / 5 for n in range(200)], answered=1), 6.0),    # 50 within 10 s
    ([(n / 10, HOST, "192.0.2.1", 40000, 25, 0) for n in range(100)], None),  # one, repeated
])
def test_connection_limit(trace, when):
    assert connection_limit(trace).get(HOST) == when


def test_hosts_are_prefixes():
    owners = score.Owners(["2001:db8:1:2::/64", "2001:db8:5000:100::/56", HOST])
    assert owners.of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert owners.of("2001:db8:5000:1ff::4") == "2001:db8:5000:100::/56"
    assert owners.of(HOST) == HOST
    alarms = score.by_host({"2001:db8:1:2::1": 9, "2001:db8:1:2::2": 7}, owners)
    assert alarms == {"2001:db8:1:2::/64": 7}


def test_time_is_counted_from_the_first_try_of_port_25():
    owners = score.Owners([HOST])
    first = score.first_tries(rows([5], port=587) + rows([10, 20]), owners)
    assert score.times({HOST: 25}, first) == [15]


def report(word, infected=None):
    return {"class": word, "t_first_infected": infected}


def test_who_was_infected_once_counts_as_infected():
    found = score.classes([report("clean"), report("clean", 3.0), report("suspect")])
    assert found == {"clean": 1, "misconfigured": 0, "suspect": 1, "infected": 1}


def kind(bot, hosts, alarms, **others):
    return {"kind": "k", "bot": bot, "hosts": hosts, "alarms": {score.EDGE25: alarms}, **others}


def test_precision_and_recall():
    found = score.precision_and_recall([kind(True, 40, 30), kind(False, 60, 10)], score.EDGE25)
    assert found["precision"] == 0.75 and found["recall"] == 0.75
    assert (found["bots"], found["others"]) == (40, 60)
    assert score.precision_and_recall([kind(False, 60, 0)], score.EDGE25)["precision"] is None


def test_aims_count_who_was_too_late():
    fast = kind(True, 4, 3) | {"kind": "bot-fast", "seconds": {
        score.SUSPECT: [1, 29, 31], score.EDGE25: [800, 1000]}}
    printer = kind(False, 5, 1) | {"kind": "printer", "seconds": {}}
    found = {aim["aim"]: (aim["reached"], aim["of"]) for aim in detect_report.aims([fast, printer])}
    assert found["fast fan-out: suspect within 30 s"] == (2, 4)
    assert found["fast fan-out: infected within 15 min"] == (1, 4)
    assert found["device, client, check or refused queue: not infected"] == (4, 5)


@pytest.mark.parametrize("seconds,text", [
    (0.42, "0.4 s"), (12.3, "12 s"), (420, "7 min"), (9000, "2.5 h")])
def test_durations(seconds, text):
    assert score.duration(seconds) == text
