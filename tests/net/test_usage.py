# SPDX-License-Identifier: GPL-2.0-or-later
"""Hits and last use of allow entries: the packets that they were found for, as the internet's wire
counts them, through restarts and new expiries. One that nobody used was used never."""

import contextlib
import ipaddress
import signal
import time

import pytest

from lab.capture import Capture
from lab.edge25 import CONTROL, ENGINE
from lab.gate import Flow
from lab.promise import SOON, eventually, holds, must_fail
from lab.raw import Wire, opening
from lab.sockets import connect

BLOCK = """
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
read-interval = 1s
"""
GUARD = 'policy "watched" { mode = guard  burst = 0  pace = 0 }\n'
LENGTHS = {4: (30, 28), 6: (63, 126)}
versions = pytest.mark.parametrize("version", [4, 6])


def entries(daemon):
    """What edge25ctl allow list says, without the ones of the configuration's own words."""
    return daemon.ctl("allow", "list")["entries"]


def hits(daemon):
    """The hits of all entries."""
    return [entry["hits"] for entry in entries(daemon)]


def ends(kind, width, flow):
    """The ends of an entry for a flow."""
    addresses = [flow.address, flow.destination]
    if width == "prefix":
        addresses = [str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
                     for address, bits in zip(addresses, LENGTHS[flow.version])]
    source, destination = addresses
    return {"source": ["--from", source], "destination": ["--to", destination],
            "pair": ["--from", source, "--to", destination]}[kind]


def add(daemon, *words):
    """edge25ctl allow add; the entry's number."""
    return daemon.ctl("allow", "add", *words, "--comment", "a test")["id"]


@contextlib.contextmanager
def counted(topology):
    """Packets to port 25 on the internet's wire: a list of one number, when it is over."""
    number = [0]
    with Capture(topology.internet, expression="tcp dst port 25") as capture:
        yield number
        settled = -1
        while settled != len(capture.packets()):
            settled = len(capture.packets())
            time.sleep(0.3)  # what a closing connection still sends
        number[0] = settled


def talk(topology, flow, times=4):
    """Connections; how many packets of them passed."""
    with counted(topology) as number:
        for _ in range(times):
            connection = connect(flow.subscriber, flow.destination, 25, SOON, flow.address)
            assert connection.error == "", connection
    return number[0]


def has(daemon, *expected):
    """The hits become these, and stay so."""
    eventually(lambda: hits(daemon) == list(expected), f"hits {expected}: {hits(daemon)}")
    time.sleep(1.2)  # another reading
    assert hits(daemon) == list(expected)


WAYS = {"plain": [], "always": ["--always"], "watched": ["--watched"]}
KINDS = [(way, kind) for way in WAYS for kind in ("source", "destination", "pair")
         if (way, kind) != ("watched", "destination")]


@versions
@pytest.mark.parametrize("width", ["exact", "prefix"])
@pytest.mark.parametrize("way, kind", KINDS)
def test_each_packet_counts_once(edge25, gate, topology, way, kind, width, version):
    """Of each kind of entry; an entry for others stays unused. A watched one is asked about, too."""
    daemon = edge25(GUARD + BLOCK)
    line, _, other = topology.subscribers[:3]
    flow, = gate.flows(line, 1, version)
    unused = add(daemon, *ends(kind, width, Flow(other, gate.fresh(16, version)[-1])),
                 *WAYS[way])
    used = add(daemon, *ends(kind, width, flow), *WAYS[way])
    before = int(time.time())
    passed = talk(topology, flow)
    assert passed >= 8
    has(daemon, 0, passed)
    idle, busy = entries(daemon)
    assert (idle["id"], idle["used"]) == (unused, None)
    assert busy["id"] == used
    when = time.strptime(busy["used"], "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.mktime(when) - time.timezone - before) < 60


IN_NO_RANGE = """
policy "home" { mode = block }
range "elsewhere" { prefixes = { "10.0.0.0/8", "2001:db8:2::/48" }  policy = "home" }
read-interval = 1s
"""


@versions
@pytest.mark.parametrize("kind", ["source", "destination", "pair"])
@pytest.mark.parametrize("more", ["", 'range "lan" { interfaces = { "lan0" } policy = "home" }\n',
                                  "check-sources = yes\n"])
def test_an_entry_is_found_for_senders_in_no_range(edge25, gate, topology, more, kind, version):
    """Not that of a source where a range has an interface or sources are checked first."""
    daemon = edge25(IN_NO_RANGE + more)
    flow, = gate.flows(topology.subscribers[0], 1, version)
    add(daemon, *ends(kind, "prefix", flow))
    passed = talk(topology, flow)
    has(daemon, passed if kind == "destination" or not more else 0)


def test_a_refused_packet_counts_for_nobody(edge25, gate, topology):
    """Nor do packets of others."""
    daemon = edge25(BLOCK)
    line = topology.subscribers[0]
    flow, other = gate.flows(line, 2)
    add(daemon, "--to", other.destination)
    gate.refuses(flow)
    has(daemon, 0)


def new_expiry(daemon):
    """The configuration lets it end at another time."""
    text = daemon.configuration.read_text(encoding="utf-8")
    daemon.configuration.write_text(text.replace("2031-01-01", "2032-01-01"), encoding="utf-8")
    daemon.reload()


def restart(*programs, number):
    """Programs end, and come back."""
    def again(daemon):
        for program in programs:
            daemon.wait_for_new(program, daemon.signal(program, number))
        daemon.wait_until_healthy()
    return again


def table_lost(daemon):
    """After a reading of it: what was counted since would be lost with it."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    eventually(lambda: (daemon.ctl("allow", "list")["counted"] or "") > now, "a reading")
    daemon.stop()
    daemon.remove()
    daemon.start()


LASTING = {
    "a new expiry": new_expiry,
    "control": restart(CONTROL, number=signal.SIGTERM),
    "control killed": restart(CONTROL, number=signal.SIGKILL),
    "engine killed": restart(ENGINE, number=signal.SIGKILL),
    "both killed": restart(ENGINE, CONTROL, number=signal.SIGKILL),
    "all": lambda daemon: daemon.restart(),
    "the table is lost": table_lost,
}


# The control run waits as long as anybody would, so there is one.
@pytest.mark.parametrize("happens, more, promise", [
    *(pytest.param(happens, 0, holds, id=name) for name, happens in LASTING.items()),
    pytest.param(LASTING["control killed"], 1, must_fail, id="control run")])
def test_hits_are_added_up(edge25, topology, gate, happens, more, promise):
    """Of an entry of the configuration and of one of the socket, of an address and of a prefix."""
    line = topology.subscribers[0]
    mine, yours, ours = gate.fresh(1)[0], gate.fresh(1)[0], gate.fresh(4)[0]
    daemon = edge25(f"""{BLOCK}
        allow "mine" {{ to = {{ "{mine}", "{ours}/30" }} expires = "2031-01-01" comment = "c" }}
        """)
    add(daemon, "--to", yours)
    flows = [Flow(line, mine), Flow(line, ours), Flow(line, yours)]
    sums = [talk(topology, flow, 1) for flow in flows]
    happens(daemon)
    sums = [one + talk(topology, flow, 1) for one, flow in zip(sums, flows)]
    sums[2] += more
    promise(has, daemon, *sums)


def test_what_lies_in_two_prefixes_counts_for_the_one_that_ends_last(edge25, topology, gate):
    """As the kernel has disjoint ones only."""
    daemon = edge25(BLOCK)
    servers = gate.fresh(4)
    line = topology.subscribers[0]
    add(daemon, "--to", f"{servers[0]}/30", "--expires", "2h")
    add(daemon, "--to", f"{servers[0]}/31")
    inside, beside = (talk(topology, Flow(line, server), 1) for server in (servers[0], servers[3]))
    has(daemon, beside, inside)


def test_hits_come_while_entries_change(edge25, topology, gate):
    """A flood of openings through one entry, while others come and go."""
    daemon = edge25(BLOCK)
    line = topology.subscribers[0]
    server, *others = gate.fresh(20)
    add(daemon, "--to", server)
    with counted(topology) as number, Wire(topology, line) as wire:
        for other in others:
            wire.send([opening(line.address4, server)] * 50)
            daemon.ctl("allow", "del", add(daemon, "--to", other))
    assert number[0] >= 50 * len(others)
    has(daemon, number[0])
