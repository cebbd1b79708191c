# SPDX-License-Identifier: GPL-2.0-or-later
"""The generated traffic is the same each time, and is what its descriptions say."""

import collections
import ipaddress
import random
import statistics

import bots
import generate
import pytest
from internet import Internet
from kinds import BY_NAME, KINDS
from lines import Line
from queues import PROGRAMS, Queue

SEED = 1


def openings(rows):
    """Of the rows to port 25 those that begin a connection, in order of time."""
    seen, first = set(), []
    for row in sorted(rows):
        if row[4] == 25 and row[1:4] not in seen:
            seen.add(row[1:4])
            first.append(row)
    return first


def by_server(rows):
    """The times of the openings to each server."""
    times = collections.defaultdict(list)
    for row in openings(rows):
        times[row[2]].append(row[0])
    return times


def servers_within(rows, seconds):
    """How many servers were tried in the first so many seconds."""
    rows = openings(rows)
    return len({row[2] for row in rows if row[0] < rows[0][0] + seconds})


def hosts(name, number=6):
    return [generate.host(BY_NAME[name], SEED, index)[1] for index in range(number)]


# --- the same each time ------------------------------------------------------------------------------


def test_a_seed_gives_the_same_traffic_and_another_seed_another():
    kind = BY_NAME["bot-slow"]
    generate.internet.cache_clear()
    once = generate.trace(kind, SEED, 3)
    generate.internet.cache_clear()
    generate.trace(BY_NAME["bot-scan"], SEED, 2)
    assert generate.trace(kind, SEED, 3) == once
    assert generate.trace(kind, SEED + 1, 3) != once


def test_the_program_writes_traces_and_labels(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["generate.py", "--seed", "3", "--hosts", "2", "--out",
                                     str(tmp_path), "printer", "bot-provider"])
    assert generate.main() == 0
    labels = (tmp_path / "labels.csv").read_text().splitlines()
    assert labels[0] == "host,kind,label,held_out"
    assert [line.split(",")[1:] for line in labels[1:]] == \
        2 * [["printer", "not", "no"]] + 2 * [["bot-provider", "bot", "yes"]]
    rows = (tmp_path / "printer.csv").read_text().splitlines()
    assert rows[0] == "t,src,dst,sport,dport,answered"
    assert len(rows[1].split(",")) == 6


def test_a_name_that_is_no_kind_is_named():
    with pytest.raises(ValueError, match="bot-fats"):
        generate.chosen(["bot-fats"])


# --- every kind --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_rows_are_in_order_and_of_the_host(kind):
    names, rows = generate.trace(kind, SEED, 2)
    assert rows == sorted(rows) and names
    networks = [ipaddress.ip_network(name) for name in names]
    for t, source, destination, number, port, answered in rows[:2000]:
        assert t >= 0 and 1024 < number < 65536 and port in (25, 465, 587)
        assert any(ipaddress.ip_address(source) in network for network in networks)
        assert not any(ipaddress.ip_address(destination) in network for network in networks)
        assert answered == 0 or port != 25 or kind.passed


def test_whole_kinds_of_both_labels_are_held_out():
    out, rest = ([kind for kind in KINDS if kind.held_out == held] for held in (True, False))
    for group in out, rest:
        assert len([kind for kind in group if kind.bot]) >= 3
        assert len([kind for kind in group if not kind.bot]) >= 3
    assert not {kind.play for kind in out} & {kind.play for kind in rest}


# --- what the descriptions say -----------------------------------------------------------------------


def test_zombies_try_a_server_as_often_as_was_counted():
    rand = random.Random(SEED)
    counts = collections.Counter(bots.tries(rand) for _ in range(20000))
    assert counts[1] / 20000 == pytest.approx(0.60, abs=0.02)
    assert counts[2] / 20000 == pytest.approx(0.17, abs=0.02)
    assert sum(counts[n] for n in range(11, 31)) / 20000 == pytest.approx(0.037, abs=0.01)


@pytest.mark.parametrize("system,silent,packets", [
    ("linux", False, 1), ("windows", False, 3), ("linux", True, 5), ("windows", True, 3)])
def test_a_refused_client_repeats_the_packet_as_its_system_does(system, silent, packets):
    line = Line(random.Random(SEED), "100.64.0.2", system, silent, patience=30)
    known = line.open(0, "192.0.2.1")
    assert len(line.rows) == packets
    assert len({row[3] for row in line.rows}) == 1
    assert known >= line.rows[-1][0]


def waits(program, tries, end=86400):
    """Seconds between the tries of one message for a site that refuses."""
    line = Line(random.Random(SEED), "100.64.0.2")
    queue = Queue(line, program)
    queue.mail(0, Internet(SEED).owners[0])
    queue.run(end)
    times = next(iter(by_server(line.rows).values()))
    return [b - a for a, b in zip(times, times[1:])][:tries]


def test_postfix_waits_five_minutes_and_then_longer_up_to_67():
    found = waits("postfix", 20)
    assert 300 <= found[0] <= 601 and found == sorted(found[:6]) + found[6:]
    assert max(found) <= 4000 + 301 and found[-1] >= 3900


def test_exim_waits_fifteen_minutes_at_least_and_then_hours():
    found = waits("exim", 30)
    assert found[0] >= 890 and found[-1] > 2 * 3600


def test_sendmail_comes_with_each_run_of_its_queue():
    found = waits("sendmail", 20)
    assert {round(wait / 1800) for wait in found[1:]} <= {1, 2}


def test_qmail_waits_longer_by_the_square():
    assert waits("qmail", 4) == pytest.approx([400, 1200, 2000, 2800], rel=0.02)


def test_exchange_comes_after_one_five_and_ten_minutes():
    found = waits("exchange", 12)
    assert found[:4] == pytest.approx([60] * 4, rel=0.02)
    assert found[4:10] == pytest.approx([300] * 6, rel=0.02)
    assert found[10:] == pytest.approx([600] * 2, rel=0.02)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_refused_message_goes_to_every_exchanger_each_time(program):
    site = next(site for site in Internet(SEED).owners if len(site.exchangers) == 3)
    line = Line(random.Random(SEED), "100.64.0.2")
    queue = Queue(line, program)
    queue.mail(0, site)
    queue.run(6 * 3600)
    counts = [len(times) for times in by_server(line.rows).values()]
    assert len(counts) == 3 and counts[0] >= 4 and max(counts) - min(counts) <= 1


def test_what_is_delivered_is_not_sent_again():
    line = Line(random.Random(SEED), "100.64.0.2")
    queue = Queue(line, "postfix", lambda site: True)
    queue.mail(0, Internet(SEED).owners[0])
    queue.run(86400)
    assert [row[5] for row in line.rows] == [1]


def test_a_newsletter_goes_to_hundreds_of_servers_in_half_a_minute():
    assert max(servers_within(rows, 30) for rows in hosts("newsletter-postfix")) > 200


def test_a_newsletter_meets_its_servers_again():
    for name in ("newsletter-postfix", "newsletter-exim"):
        counts = [len(times) for rows in hosts(name, 3) for times in by_server(rows).values()]
        assert statistics.median(counts) >= 3


def test_a_slow_bot_finds_about_a_new_server_a_minute():
    per_hour = [servers_within(rows, 3600) for rows in hosts("bot-slow", 12)]
    assert 15 <= statistics.median(per_hour) <= 90


def test_a_hammering_bot_has_few_servers_and_dozens_of_tries_a_minute():
    for number in range(6):
        line = Line(random.Random(number), "100.64.0.2")
        bots.hammer(line, generate.internet(SEED, 4), 0, 86400)
        times = sorted(row[0] for row in openings(line.rows))
        assert len(by_server(line.rows)) <= 4
        assert len([t for t in times if t < 600]) >= 300


def test_one_provider_has_few_servers():
    for rows in hosts("bot-provider"):
        line = [row for row in rows if row[4] == 25]
        assert len({row[2] for row in line}) <= 122


def test_a_camera_at_a_provider_meets_many_addresses_of_it():
    assert max(len(by_server(rows)) for rows in hosts("camera-provider")) > 15
    assert max(len(by_server(rows)) for rows in hosts("camera")) == 1


def test_checks_come_at_their_times():
    for rows in hosts("monitor"):
        for times in by_server(rows).values():
            gaps = [b - a for a, b in zip(times, times[1:])]
            assert min(abs(statistics.median(gaps) - every) for every in (30, 60, 300)) < 0.3


def test_ipv6_bots_change_their_address_within_one_prefix():
    for number in range(6):
        name, rows = generate.host(BY_NAME["bot-ipv6"], SEED, number)
        sources = {row[1] for row in rows}
        assert len(sources) > 10
        assert all(ipaddress.ip_address(source) in ipaddress.ip_network(name)
                   for source in sources)


def test_lists_of_spammers_are_older_than_those_of_newsletters():
    def dead(name):
        answered = [row[5] for rows in hosts(name, 8) for row in openings(rows)]
        return 1 - sum(answered) / len(answered)
    assert dead("passed-bot-slow") > 0.1
    by_site = [max(row[5] for row in openings(rows)) for rows in hosts("passed-newsletter", 8)]
    assert all(by_site)
