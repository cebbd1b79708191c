# SPDX-License-Identifier: GPL-2.0-or-later
"""explain: what it says of a packet beforehand is what the wires show of the packet afterwards."""

import contextlib
import ipaddress
import json
import os
import random
import socket
import time

import pytest

from lab.capture import Capture
from lab.edge25 import ENGINE
from lab.faults import frozen, killed, wait_until_held
from lab.gate import AT_ONCE
from lab.promise import eventually, holds, must_fail
from lab.raw import Wire, ipv4, ipv6, tcp
from lab.sockets import connect

CASES, SPARE = 1000, 50
ACCEPT, REFUSE = "accept", "refuse"
POLICIES = """
policy "watched" { mode = guard  burst = 0  pace = 0 }
policy "home"  { mode = block  deny = tcp-reset  pace = 0 }
policy "dark"  { mode = block  deny = drop  pace = 0 }
policy "icmp"  { mode = block  deny = admin-prohibited  pace = 0 }
policy "line"  { mode = guard  burst = 0  pace = 0 }
policy "tight" { mode = guard  burst = 3  burst-time = 1h  pace = 0 }
policy "trial" { mode = monitor  pace = 0 }
queue-rate = 1000000
check-sources = yes
"""
# Nested prefixes, parts of a /64, places, patterns and interfaces.
RANGES = """
range "home"   { prefixes = { "100.64.0.0/22", "2001:db8:1::/61" }  policy = "home" }
range "inner"  { prefixes = { "100.64.0.64/26", "2001:db8:1:0:8000::/65" }  policy = "dark" }
range "inmost" { prefixes = { "100.64.0.96/28" }  policy = "icmp" }
range "trial"  { prefixes = { "100.64.0.128/26", "2001:db8:1:1::/64" }  policy = "trial" }
range "line"   { prefixes = { "100.64.1.0/25", "2001:db8:1:2:4000::/66" }  policy = "line" }
range "tight"  { prefixes = { "100.64.1.128/26", "2001:db8:1:2:8000::/66" }  policy = "tight" }
range "place"  { prefixes = { "100.64.1.0/26", "2001:db8:1:1:8000::/65" }
                 interfaces = { "sub1" }  policy = "dark" }
range "any"    { prefixes = { "100.64.0.192/27", "2001:db8:1:2:c000::/68" }
                 interfaces = { "sub*" }  policy = "line" }
range "else"   { interfaces = { "sub*" }  policy = "trial" }
range "last"   { interfaces = { "sub2" }  policy = "home" }
allow "net"    { from = { "100.64.0.16/29" }  comment = "a net" }
allow "nets"   { from = { "100.64.0.64/27" }  to = { "203.0.113.128/26" }  comment = "pairs" }
allow "nets6"  { from = { "2001:db8:1:0:8000::/66" }  to = { "2001:db8:f:8::/62" }
                 comment = "pairs" }
allow "relays" { to = { "198.51.100.64/28", "2001:db8:f:10::/60" }  comment = "relays" }
"""
# What is behind each line beside its own prefixes; the third is behind none of them.
BEHIND = [(f"10.{index}.0.0/16", f"2001:db8:2:{index:x}::/64") for index in range(3)]
NOWHERE = ("172.16.0.0/16", "2001:db8:3::/48")
# Cases that chance might leave out: line, source, server.
SURE = (
    (0, "100.64.0.18", "203.0.113.250"), (0, "100.64.0.70", "203.0.113.140"),
    (0, "2001:db8:1:0:8000::5", "2001:db8:f:9::1"), (1, "100.64.1.7", "198.51.100.70"),
    (1, "2001:db8:1:1::7", "2001:db8:f:11::1"), (2, "10.2.0.9", "203.0.113.250"),
    (0, "100.64.2.9", "203.0.113.250"), (0, "100.64.2.12", "198.51.100.7"),
)
# Sets that cases must have met, by how their names begin.
MET = ("range4_", "range6_", "place4_", "place6_", "interface_", "allow_src4_net", "allow_dst4_net",
       "allow_dst6_net", "allow_pair4_net", "allow_pair6_net", "watched_src4_net",
       "always_pair4_net", "contained4", "contained6_", "refused4_", "refused6_", "passed4_",
       "passed6_")
SERVERS = {4: ("203.0.113.0/24", "198.51.100.0/24"), 6: ("2001:db8:f::/58",)}
# Of the lines' sources: those that entries, containments and the like are about, so that random
# cases meet them.
SOURCES = {
    4: ("100.64.0.0/27", "100.64.0.64/27", "100.64.0.96/28", "100.64.0.128/27", "100.64.0.192/27",
        "100.64.1.0/27", "100.64.1.64/27", "100.64.1.128/28", "100.64.2.0/27", "100.64.1.192/27"),
    6: ("2001:db8:1::/120", "2001:db8:1:0:8000::/120", "2001:db8:1:1::/120",
        "2001:db8:1:1:8000::/120", "2001:db8:1:2::/120", "2001:db8:1:2:4000::/120",
        "2001:db8:1:2:8000::/120", "2001:db8:1:2:c000::/120", "2001:db8:1:3::/120"),
}


class Asker:
    """Context manager: one connection to control for many questions."""

    def __init__(self, daemon):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(daemon.socket))
        self._file = self._socket.makefile("rw", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()
        self._socket.close()

    def send(self, source, destination=None, interface=None):
        """Ask, and leave the answer for answer()."""
        params = {"src": source, "dst": destination, "interface": interface}
        params = {name: value for name, value in params.items() if value}
        self._file.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "explain",
                                     "params": params}) + "\n")
        self._file.flush()

    def answer(self):
        """The answer to the last question."""
        reply = json.loads(self._file.readline())
        assert "result" in reply, reply
        return reply["result"]

    def ask(self, *arguments):
        """Ask, and wait for the answer."""
        self.send(*arguments)
        return self.answer()


def end(answer):
    """What becomes of a packet in the end."""
    return answer["answer"] or answer["verdict"]


class Case:
    """One packet: its line, its ends, and what explain says of it."""

    def __init__(self, line, source, destination):
        self.line, self.source, self.destination = line, source, destination
        self.said = None

    @property
    def key(self):
        """What tells it from others on the wire."""
        return self.source, self.destination

    @property
    def remembered_as(self):
        """What its answer may be remembered by: no two cases share that."""
        version = 6 if ":" in self.source else 4
        network = ipaddress.ip_network(f"{self.source}/{64 if version == 6 else 32}", strict=False)
        return str(network), self.destination

    def packet(self):
        """Its SYN."""
        build = ipv6 if ":" in self.source else ipv4
        return build(self.source, self.destination, tcp(self.source, self.destination))


def pick(chance, prefix):
    """An address of a prefix, most often one of its first sixteen; never the first, which may be
    the gateway's own."""
    network = ipaddress.ip_network(prefix)
    size = min(network.num_addresses, 16 if chance.random() < 0.7 else 200)
    return str(network[chance.randrange(2, size)])


def random_case(chance, topology):
    """A line, a source that may be behind it, and a server."""
    version = chance.choice((4, 6))
    kind = chance.random()
    line = chance.choice(topology.subscribers)
    if kind < 0.85:
        source = pick(chance, chance.choice(SOURCES[version]))
        if chance.random() < 0.9:  # by its own line
            index = ipaddress.ip_address(source).packed[2 if version == 4 else 7]
            line = topology.subscribers[index % 3]
    elif kind < 0.95:
        source = pick(chance, BEHIND[line.index][version == 6])
    else:
        source = pick(chance, NOWHERE[version == 6])
    return Case(line, source, pick(chance, chance.choice(SERVERS[version])))


def random_cases(chance, topology, count, taken):
    """So many of them, no two of which one answer may be remembered for."""
    cases = []
    while len(cases) < count:
        case = random_case(chance, topology)
        if case.remembered_as not in taken:
            taken.add(case.remembered_as)
            cases.append(case)
    return cases


def send(topology, cases):
    """Puts their packets on the wires, at a pace at which nothing is lost."""
    with contextlib.ExitStack() as stack:
        wires = {line: stack.enter_context(Wire(topology, line)) for line in topology.subscribers}
        for number, case in enumerate(cases):
            wires[case.line].send([case.packet()])
            if number % 50 == 49:
                time.sleep(0.01)


def arrived(capture):
    """Which of them the internet has seen."""
    return {(packet.source, packet.destination) for packet in capture.openings()}


@pytest.fixture(name="lines")
def fixture_lines(topology):
    """Networks behind the lines, and a fourth IPv6 network behind the first."""
    routes = [f"route %s {prefix} dev {line.interface}"
              for line in topology.subscribers for prefix in BEHIND[line.index]]
    routes.append(f"route %s 2001:db8:1:3::/64 dev {topology.subscribers[0].interface}")
    topology.gateway.ip([route % "add" for route in routes])
    yield topology.subscribers
    topology.gateway.ip([route % "del" for route in routes])


def end_of_entry(chance, prefixes):
    """An address for an entry; none of a sure case, which would not meet its own entry then."""
    while True:
        address = pick(chance, chance.choice(prefixes))
        if not any(address in ends for _, *ends in SURE):
            return address


def ends_of(chance, version, both):
    """Words for an entry about sources, or pairs, that cases will meet."""
    words = ["--from", end_of_entry(chance, SOURCES[version])]
    if both:
        words += ["--to", end_of_entry(chance, SERVERS[version])]
    return words


def add_entries(daemon, topology, chance):
    """Entries of every kind; those that end do so before this returns, in the kernel, too, which may keep
    them a second longer."""
    entries = [["--from", prefix, "--watched"] for prefix in ("100.64.2.8/29",
                                                              "2001:db8:1:3::8/125")]
    entries.append(["--from", "100.64.2.0/28", "--to", "198.51.100.0/29", "--always"])
    for version in (4, 6):
        for way in ([], ["--watched"], ["--always"]):
            entries += [ends_of(chance, version, both) + way for both in (False, False, True)]
        for way in ([], ["--always"]):
            entries.append(["--to", end_of_entry(chance, SERVERS[version][:1]), *way])
    ending = [ends_of(chance, version, False) + ["--expires", "2s"] for version in (4, 6)]
    for words in ending + entries:  # some may be there already
        daemon.control("allow", "add", *words, "--comment", "a case")
    eventually(lambda: not any(entry["expires"]
                               for entry in daemon.ctl("allow", "list")["entries"]),
               "entries to end")
    table = ["nft", "-j", "list", "table", "inet", "edge25"]
    eventually(lambda: '"expires"' not in topology.gateway.run(table).stdout,
               "the kernel to have noticed")


def contain(daemon, chance):
    """Hosts of every kind of policy."""
    for host in {end_of_entry(chance, [prefix]) for prefix in SOURCES[4] for _ in range(2)}:
        daemon.ctl("contain", host, "--for", "1h")
    daemon.ctl("contain", "2001:db8:1:3::/64", "--for", "1h")


def before(daemon, topology, chance, taken):
    """Packets that are remembered, and hosts beyond their burst: what is asked of these afterwards
    does not change it. Some of them are asked about."""
    familiar = random_cases(chance, topology, 400, taken)
    eager = [Case(topology.subscribers[1], f"100.64.1.{128 + host}", f"203.0.113.{200 + server}")
             for host in range(1, 16) for server in range(4)]
    eager += [Case(topology.subscribers[2], "2001:db8:1:2:8000::1", f"2001:db8:f::{server:x}")
              for server in range(0x200, 0x204)]
    taken.update(case.remembered_as for case in eager)
    for cases in familiar, eager:
        send(topology, cases)
        wait_until_held(daemon, 0)
    return chance.sample(familiar, 200) + chance.sample(eager, 20)


def settled(cases):
    """All but those that change what others meet: of a host below its burst one is left. (A packet
    of it that passed before by an entry which the kernel held a moment longer did not count.)"""
    below, left = set(), []
    for case in cases:
        kernel = case.said["kernel"]
        if (kernel["policy"], kernel["by"], case.said["answer"]) == ("tight", "question", ACCEPT):
            if case.remembered_as[0] in below:
                continue
            below.add(case.remembered_as[0])
        left.append(case)
    return left


def compare(cases, seen):
    """explain was right about each."""
    wrong = [(case, case.said) for case in cases
             if (end(case.said) == ACCEPT) != (case.key in seen)]
    assert not wrong, (f"{len(wrong)} of {len(cases)}; {wrong[0][0].line.interface} "
                       f"{wrong[0][0].key}: {json.dumps(wrong[0][1], indent=1)}")


def known(cases):
    """All that explain tells apart is among the cases."""
    said = [case.said for case in cases]
    wrong = [answer for answer in said if answer["differs"] or not answer["from_kernel"]]
    assert not wrong, json.dumps(wrong[0], indent=1)
    assert {answer["kernel"]["by"] for answer in said} >= {
        "allow", "contained", "remembered", "untrue", "question"}
    met = {element["set"] for answer in said for element in answer["kernel"]["elements"]
           if element["set"]}
    for begin in MET:
        assert any(name.startswith(begin) for name in met), f"{begin}: none of {met}"
    assert {answer["kernel"]["deny"] for answer in said} >= {"drop", "tcp-reset",
                                                            "admin-prohibited"}


@pytest.mark.parametrize("promise", [holds, must_fail])
def test_a_thousand_packets(edge25, topology, lines, promise):
    """What explain says of a thousand packets beforehand is what the internet sees of them; unless
    the rules change in between."""
    seed = int(os.environ.get("EDGE25_SEED") or random.randrange(1 << 32))
    print(f"seed {seed}")
    chance = random.Random(seed)
    daemon = edge25(POLICIES + RANGES)
    add_entries(daemon, topology, chance)
    contain(daemon, chance)
    sure = [Case(lines[index], *ends) for index, *ends in SURE]
    taken = {case.remembered_as for case in sure}
    cases = sure + before(daemon, topology, chance, taken)
    cases += random_cases(chance, topology, CASES + SPARE - len(cases), taken)
    chance.shuffle(cases)
    with Asker(daemon) as asker:
        for case in cases:
            case.said = asker.ask(case.source, case.destination, case.line.interface)
    known(cases)
    cases = settled(cases)
    assert len(cases) >= CASES
    if promise is must_fail:
        daemon.configure((POLICIES + RANGES).replace('policy = "home" }', 'policy = "trial" }'))
        daemon.ctl("reload")
    expected = {case.key for case in cases if end(case.said) == ACCEPT}
    with Capture(topology.internet) as capture:
        send(topology, cases)
        wait_until_held(daemon, 0)
        with contextlib.suppress(AssertionError):
            eventually(lambda: arrived(capture) >= expected, "")
    promise(compare, cases, arrived(capture))


# --- where kernel and configuration are not of one mind ---

HOME = """
policy "home" { mode = block  pace = 0 }
range "home"  { prefixes = { "100.64.0.0/22", "2001:db8:1::/61" }  policy = "home" }
own-table = no
"""
FRIEND, STRANGER = "203.0.113.7", "203.0.113.8"


def behind_its_back(daemon, topology, change, *question):
    """What explain says while the kernel's table is as another program has left it. The engine puts
    it back at once, so it stands still until both have come; where it is faster with that than with
    the question, it is asked again."""
    def said():
        with Asker(daemon) as asker:
            with frozen(daemon.pid(ENGINE)):
                topology.gateway.run(["nft", change])
                asker.send(*question)
                daemon.status()  # so control has handed it on
            return asker.answer()

    return eventually(lambda: next((answer for answer in [said()] if answer["differs"]), None),
                      lambda: f"an answer that differs: {said()}")


def agrees(daemon, *question):
    """Kernel and configuration say the same."""
    with Asker(daemon) as asker:
        answer = asker.ask(*question)
    assert answer["from_kernel"] and not answer["differs"] and not answer["differences"], answer
    return answer


CHANGES = {
    "an entry is gone": ("delete element inet edge25 allow_dst4 {{ {friend} }}", FRIEND,
                         "the kernel does not have the allow entry from any to 203.0.113.7"),
    "an entry is somebody's": ("add element inet edge25 allow_src4 {{ 100.64.0.2 }}", STRANGER,
                               "allow entry in allow_src4 that is none of the allowlist's"),
    "a containment is somebody's": ("add element inet edge25 contained4 {{ 100.64.0.2 }}", FRIEND,
                                    "has its host cut off (contained4), and it is not contained"),
    "a rule is somebody's": ("insert rule inet edge25 ranges accept", STRANGER,
                             "rule 1 of the kernel's chain ranges lets it through"),
    "the rules are gone": ("flush chain inet edge25 screen", STRANGER,
                           'the kernel has it in no range, the configuration in "home"'),
    "the table is gone": ("delete table inet edge25", STRANGER,
                          "the kernel has no table inet edge25 that sees packets"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_another_program_has_changed_the_table(edge25, topology, kind):
    change, destination, text = CHANGES[kind]
    daemon = edge25(HOME)
    daemon.ctl("allow", "add", "--to", FRIEND, "--comment", "a friend")
    question = topology.subscribers[0].address4, destination
    before_it = agrees(daemon, *question)
    answer = behind_its_back(daemon, topology, change.format(friend=FRIEND), *question)
    assert answer["from_kernel"] and text in " ".join(answer["differences"]), answer
    assert answer["expected"] == end(before_it)
    eventually(lambda: not Asker(daemon).ask(*question)["differs"], "the table to be put back")
    assert end(agrees(daemon, *question)) == end(before_it)


def test_a_refusal_is_remembered(edge25, gate, topology):
    """With its set and its time; and a hand that makes one of its own is found out."""
    daemon = edge25(HOME)
    flow, other = gate.flows(topology.subscribers[0], 2)
    question = flow.address, flow.destination
    first = agrees(daemon, *question)
    assert (first["verdict"], first["answer"], first["remembered"]) == ("ask", REFUSE, None)
    gate.refuses(flow)
    answer = agrees(daemon, *question)
    assert (answer["verdict"], answer["answer"], answer["kernel"]["by"]) == (
        REFUSE, None, "remembered")
    assert answer["remembered"]["set"].startswith("refused4_")
    assert answer["remembered"]["policy_number"] == answer["policy_number"]
    assert 0 < answer["remembered"]["remaining"] <= 3600
    assert agrees(daemon, other.address, other.destination)["verdict"] == "ask"
    entry = daemon.ctl("allow", "add", "--from", flow.address, "--comment", "a test")
    answer = agrees(daemon, *question)
    assert (answer["verdict"], answer["remembered"], answer["allow"]["id"]) == (
        ACCEPT, None, entry["id"])
    assert [element["id"] for element in answer["kernel"]["elements"]
            if element["kind"] == "allow"] == [entry["id"]]


def test_without_an_engine_it_says_what_is_expected(edge25, topology):
    daemon = edge25(HOME)
    question = topology.subscribers[0].address4, STRANGER
    agrees(daemon, *question)

    def expected(why):
        with Asker(daemon) as asker:
            answer = asker.ask(*question)
        assert (answer["verdict"], answer["expected"], answer["from_kernel"]) == (
            REFUSE, REFUSE, False)
        assert answer["kernel"] is None and why in answer["kernel_error"], answer
        page = daemon.control("explain", *question).stdout
        assert why in " ".join(page.split()), page

    with frozen(daemon.pid(ENGINE)):
        expected("too busy")
    agrees(daemon, *question)
    with killed(daemon, ENGINE):
        expected("not connected")
        with Asker(daemon) as asker:
            assert any("not known to be in force" in text
                       for text in asker.ask(*question)["differences"])
    agrees(daemon, *question)


# --- more than a subscriber's packet ---

def test_to_the_gateway_itself(edge25, topology):
    """Its packets come to it, whatever the policy: it says so by itself, not edge25."""
    daemon = edge25(POLICIES + RANGES)
    line = topology.subscribers[2]
    for version, own in ((4, "192.0.2.1"), (6, "2001:db8:e::1")):
        answer = agrees(daemon, line.address(version), own, line.interface)
        assert (answer["verdict"], answer["kernel"]["by"]) == (ACCEPT, "local")
        assert connect(line, own, 25, AT_ONCE).error == "ECONNREFUSED"


@pytest.mark.parametrize("judged", [True, False])
def test_the_routers_own(edge25, topology, gate, judged):
    daemon = edge25(HOME + ("router-policy = home\n" if judged else ""))
    server, = gate.fresh()
    answer = agrees(daemon, "192.0.2.1", server)
    assert answer["kernel"]["router"] and end(answer) == (REFUSE if judged else ACCEPT)
    assert connect(topology.gateway, server, 25, AT_ONCE).error == ("ECONNREFUSED" if judged
                                                                    else "")


def test_without_a_destination(edge25, topology):
    """One that no entry names: those of others are no answer."""
    daemon = edge25(HOME)
    source = topology.subscribers[0].address6
    daemon.ctl("allow", "add", "--from", source, "--to", "2001:db8:f::1", "--comment", "a pair")
    assert end(agrees(daemon, source)) == REFUSE
    assert end(agrees(daemon, source, "2001:db8:f::1")) == ACCEPT
    daemon.ctl("allow", "add", "--from", source, "--comment", "all")
    assert end(agrees(daemon, source)) == ACCEPT


def test_a_page_of_80_columns(edge25, topology, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    daemon = edge25(POLICIES + RANGES)
    address = topology.subscribers[0].address4
    daemon.ctl("contain", address, "--for", "1h", "--comment", "ticket 42, " + "and so on " * 9)
    for question in ([address], [address, STRANGER], ["2001:db8:1:1:8000::1"],
                     ["100.64.0.17", STRANGER, "--interface", "sub0"]):
        answer = daemon.control("explain", *question)
        assert answer.returncode == 0, answer
        assert max(map(len, answer.stdout.splitlines())) <= 80, answer.stdout
    page = daemon.control("explain", address, STRANGER).stdout
    for text in ("refuse", "contained", "ticket 42", "home", "contained4"):
        assert text in page, page
