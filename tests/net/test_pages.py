# SPDX-License-Identifier: GPL-2.0-or-later
"""hosts and incidents for programs: every row that was asked for, once, though control gives a thousand
at once; and what people see of a longer list says so."""

import contextlib
import csv
import io
import ipaddress
import json
import os
import sqlite3
import subprocess

import pytest

from lab.edge25 import BUILD, Edge25
from lab.notify import FakeControl, answer, incident
from lab.promise import eventually, must_fail
from lab.raw import Wire, opening

CONFIGURATION = """
policy "home" { mode = block  pace = 0 }
range "dsl" { prefixes = { "100.64.0.0/16", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
reject-rate = 100000
"""
PAGE = 1000
HOSTS = [str(ipaddress.ip_address("100.64.16.0") + number) for number in range(2 * PAGE + 90)]
BUSY = HOSTS[PAGE + 5]  # tried more than the others
INCIDENTS = 2 * PAGE + 300
CLASSES = ["clean", "misconfigured", "suspect", "infected"]
COLUMNS = "id, change, host, class, action, opened, closed, first_seen, last_seen"


def invent(database):
    """Incidents that were closed: of class, time and change in no order that is another's."""
    now = 1790000000  # in 2026
    rows = []
    for number in range(1, INCIDENTS + 1):
        seen = now + (number * 7919 % INCIDENTS) * 60
        rows.append((number, 1000000 + number * 4001 % INCIDENTS,
                     str(ipaddress.ip_address("10.0.0.0") + number),
                     CLASSES[1 + number % 3], 2, seen - 5, seen + 5, seen - 5, seen))
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            f"INSERT INTO incident ({COLUMNS}, contained_until, attempts, destinations, verified, "
            "shared, policy, range, interface, mac, name, name_source, reasons, evidence, "
            "host_attempts, host_destinations) VALUES (?,?,?,?,?,?,?,?,?, 0, 5, 5, 0, 0, 'home', "
            "'dsl', '', '', '', '', '[\"5 servers\"]', '[]', 5, 5)", rows)


@pytest.fixture(scope="module", name="daemon")
def fixture_daemon(topology, laboratory, serial):
    """It knows some thousand hosts and incidents."""
    daemon = Edge25(topology.gateway, laboratory / f"pages-{next(serial)}", CONFIGURATION)
    daemon.start()
    daemon.stop()
    invent(daemon.directory / "state/edge25.db")
    with daemon:
        with Wire(topology, topology.subscribers[0]) as wire:
            for number, source in enumerate(HOSTS + 9 * [BUSY]):
                wire.send([opening(source, f"198.19.{number >> 8}.{number & 255}")])
        eventually(lambda: daemon.ctl("hosts", "--limit", 1)["total"] == len(HOSTS) and
                   daemon.status()["policies"][0]["refused"] == len(HOSTS) + 9,
                   lambda: str(daemon.status()["policies"]))
        yield daemon
    daemon.remove()


def rows(daemon, *words):
    """What --csv prints."""
    done = daemon.control(*words, "--csv")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout, newline=""), strict=True))


def check_all(found, wanted):
    """Each of them once."""
    assert len(found) == len(wanted) and set(found) == set(wanted), (len(found), len(wanted))


def badness(row):
    return (-CLASSES.index(row["class"]), -int(row["attempts"]))


SORTED = {"worst": badness, "newest": lambda row: [-ord(letter) for letter in row["last_seen"]],
          "attempts": lambda row: -int(row["attempts"]),
          "destinations": lambda row: -int(row["destinations"]),
          "first-seen": lambda row: [-ord(letter) for letter in row["first_seen"]],
          "host": lambda row: ipaddress.ip_address(row["host"])}


@pytest.mark.parametrize("order", [None, *SORTED])
def test_every_host(daemon, order):
    found = rows(daemon, "hosts", *["--order", order] * bool(order))
    check_all([row["host"] for row in found], HOSTS)
    assert found == sorted(found, key=SORTED[order or "worst"])
    assert order not in (None, "worst", "attempts", "destinations") or found[0]["host"] == BUSY


def test_hosts_control_run(daemon):
    must_fail(check_all, [row["host"] for row in rows(daemon, "hosts", "--limit", 1000)], HOSTS)


def test_a_part_of_the_hosts(daemon):
    """--limit and --offset, on both sides of a page; filters; --after."""
    addresses = [row["host"] for row in rows(daemon, "hosts", "--order", "host")]
    for offset, limit in ((0, 1001), (0, 2000), (999, 1500), (1500, 10), (2050, 5000), (5000, 2000)):
        for form in ("--csv", "--json"):
            done = daemon.control("hosts", "--order", "host", "--offset", offset, "--limit", limit,
                                  form)
            found = json.loads(done.stdout)["hosts"] if form == "--json" else \
                list(csv.DictReader(io.StringIO(done.stdout)))
            assert [row["host"] for row in found] == addresses[offset:offset + limit]
    assert [row["host"] for row in rows(daemon, "hosts", "--limit", 1200)][:2] == [BUSY, HOSTS[0]]
    prefix = ipaddress.ip_network("100.64.18.0/23")
    check_all([row["host"] for row in rows(daemon, "hosts", "--prefix", prefix)],
              [host for host in HOSTS if ipaddress.ip_address(host) in prefix])
    assert [row["host"] for row in rows(daemon, "hosts", "--order", "host", "--after",
                                        HOSTS[50])] == HOSTS[51:]


def test_json_has_all(daemon):
    hosts = daemon.ctl("hosts")
    check_all([host["host"] for host in hosts["hosts"]], HOSTS)
    assert hosts["total"] == len(HOSTS)
    incidents = daemon.ctl("incidents")
    check_all([one["id"] for one in incidents["incidents"] if one["host"].startswith("10.")],
              range(1, INCIDENTS + 1))
    assert not incidents["more"] and "evidence" in incidents["incidents"][0]
    some = daemon.ctl("incidents", "--limit", 1100)
    assert len(some["incidents"]) == 1100 and some["more"]


@pytest.mark.parametrize("order, key", [
    (None, "last_seen"), ("worst", "last_seen"), ("newest", "last_seen"), ("change", "change")])
def test_every_incident(daemon, order, key):
    found = rows(daemon, "incidents", "--closed", *["--order", order] * bool(order))
    check_all([int(row["id"]) for row in found], range(1, INCIDENTS + 1))
    keys = [row[key] for row in found]
    assert keys == sorted(keys, reverse=order != "change")
    first = rows(daemon, "incidents", "--closed", *["--order", order] * bool(order), "--limit", 1500)
    assert first == found[:1500]


def test_incidents_control_run(daemon):
    must_fail(check_all, [int(row["id"]) for row in rows(daemon, "incidents", "--limit", 1000)],
              range(1, INCIDENTS + 1))


def test_filters_hold_on_every_page(daemon):
    found = rows(daemon, "incidents", "--class", "suspect", "--closed")
    check_all([int(row["id"]) for row in found],
              [number for number in range(1, INCIDENTS + 1) if number % 3 == 1])
    changes = [int(row["change"]) for row in rows(daemon, "incidents", "--order", "change",
                                                  "--after", 1000100)]
    assert changes[0] == 1000101 and changes == sorted(changes)


def test_people_are_told_of_the_rest(daemon):
    assert daemon.control("hosts").stdout.endswith(
        f"\n20 of {len(HOSTS)}; --limit and --offset show others\n")
    assert daemon.control("incidents", "--closed").stdout.endswith(
        "\n100, and there are more; --limit shows others\n")
    whole = daemon.control("incidents", "--closed", "--limit", INCIDENTS).stdout
    assert "more" not in whole and whole.count("\n") == INCIDENTS + 1


@pytest.mark.parametrize("order", ["worst", "change"])
def test_what_changes_meanwhile_is_there_once(laboratory, serial, order):
    """An incident changes between two pages: it comes again, as it is then."""
    directory = laboratory / f"pages-{next(serial)}"
    directory.mkdir()
    with FakeControl(directory / "monitor.sock") as control:
        control.put(*[incident(number) for number in range(1, 2501)], tell=False)

        def reply(request):
            asked = request["params"]
            found = sorted((one for one in control.incidents.values()
                            if one["change"] > asked.get("after", 0)), key=lambda one: one["change"])
            if asked.get("after"):
                control.change(7, attempts=1000 + asked["after"])
            return answer(request, result={"incidents": found[:asked["limit"]], "last": control.last,
                                           "more": len(found) > asked["limit"]})

        control.reply = reply
        done = subprocess.run([BUILD / "edge25ctl", "incidents", "--csv", "--order", order],
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "EDGE25_SOCKET": str(control.path)})
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    check_all([int(row["id"]) for row in found], range(1, 2501))
    assert [row["attempts"] for row in found if row["id"] == "7"] == ["2000"]
