# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose machine it is: leases, labels and neighbours in events, on the socket and in status."""

import contextlib
import json
import os
import socket

import pytest

from lab.dhcp import Dnsmasq, dnsmasq_program, lease
from lab.edge25 import CONTROL, HOME
from lab.namespaces import Topology
from lab.promise import SOON, eventually, holds, kept_by, must_fail
from lab.sockets import connect, connect_many
from lab.time_travel import incident_of

FOR_EVER = 4102444800  # 2100-01-01T00:00:00Z


def keys(**files):
    """HOME with keys that name a file each."""
    return HOME + "".join(f'{key.replace("_", "-")} = {{ "{path}" }}\n'
                          for key, path in files.items())


@pytest.fixture(name="dnsmasq")
def fixture_dnsmasq(topology, laboratory, serial):
    """dnsmasq on the line of subscriber 0."""
    if not dnsmasq_program():
        pytest.skip("dnsmasq is missing (see tests/net/packages.txt)")
    with Dnsmasq(topology.gateway, topology.subscribers[0],
                 laboratory / f"dnsmasq-{next(serial)}") as server:
        yield server


@pytest.fixture(name="path")
def fixture_path(laboratory, serial):
    """Where a file may be written that edge25 reads."""
    return laboratory / f"names-{next(serial)}"


@pytest.fixture(name="line")
def fixture_line(topology):
    """The line of subscriber 0."""
    return topology.subscribers[0]


def attempt(daemon, gate, line, version=4, source=None):
    """Connect to a server that the line never connected to; the metadata of the event."""
    flow, = gate.flows(line, 1, version, source)
    assert connect(line, flow.destination, source=source).error == "ECONNREFUSED"
    event = eventually(lambda: next((event for event in daemon.events()
                                     if event.get("dest_ip") == flow.destination), None),
                       lambda: f"an event of {flow}\n{daemon.stderr()}")
    assert event["src_ip"] == flow.address
    return event["alert"]["metadata"]


def named(metadata):
    """What it says of the machine's name."""
    return metadata.get("name"), metadata.get("name_source")


@contextlib.contextmanager
def watching(daemon):
    """A function that returns the next event that comes over the socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(daemon.socket))
        lines = connection.makefile()
        connection.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "events.watch"}\n')
        lines.readline()
        yield lambda: json.loads(lines.readline())["params"]


# Leases, by a real server.

def a_bot_has_the_name_of_its_lease(daemon, gate, line, dnsmasq):
    with lease(dnsmasq, line, b"printer") as address, watching(daemon) as heard:
        found = attempt(daemon, gate, line, source=address)
        assert named(found) == ("printer", "dnsmasq")
        assert named(heard()["alert"]["metadata"]) == ("printer", "dnsmasq")
        assert named(daemon.host(address)) == ("printer", "dnsmasq")
        assert "printer" in daemon.control("status").stdout


@pytest.mark.parametrize("promise, known", [(holds, True), (must_fail, False)],
                         ids=["holds", "control"])
def test_a_bot_has_the_name_of_its_lease(edge25, gate, line, dnsmasq, promise, known):
    daemon = edge25(keys(dnsmasq_leases=dnsmasq.leases) if known else HOME)
    promise(a_bot_has_the_name_of_its_lease, daemon, gate, line, dnsmasq)


def test_an_incident_bears_the_name(edge25, gate, line, dnsmasq):
    daemon = edge25(keys(dnsmasq_leases=dnsmasq.leases).replace(
        "mode = block", "mode = block  suspect-servers = 3"))
    with lease(dnsmasq, line, b"camera") as address:
        flows = gate.flows(line, 5, 4, address)
        connect_many(line, [flow.destination for flow in flows], source=address)
        assert named(incident_of(daemon, address)) == ("camera", "dnsmasq")
        page = daemon.control("incidents").stdout
        assert "camera" in page, page


def test_an_address_without_a_lease_has_the_name_of_its_machine(edge25, gate, line, dnsmasq):
    """IPv6 by SLAAC, or an address set by hand: the MAC address tells."""
    daemon = edge25(keys(dnsmasq_leases=dnsmasq.leases))
    assert named(attempt(daemon, gate, line, 6)) == (None, None)
    with lease(dnsmasq, line, b"laptop"):
        assert named(attempt(daemon, gate, line, 6)) == ("laptop", "dnsmasq")
        assert named(attempt(daemon, gate, line, 4)) == ("laptop", "dnsmasq")
        other = gate.topology.subscribers[1]
        assert named(attempt(daemon, gate, other, 4)) == (None, None)


HOSTILE = [b"\x1b[31mevil\x07", b"a\nb\r\n{\"x\":1}", b"%s%n%99999d", b"\xff\xfe\xc0\xaf" * 20,
           b"x" * 255, b"\\x1b[2J\"',;&<>$(reboot)`"]


def harmless(daemon):
    """Nothing that edge25 wrote or printed has a byte that a terminal obeys, or spoils a line."""
    texts = [(daemon.log_directory / "events.json").read_bytes(),
             (daemon.directory / "stderr").read_bytes(),
             daemon.control("status").stdout.encode(),
             daemon.control("--json", "status").stdout.encode()]
    for text in texts:
        text.decode("utf-8")
        assert not set(text) & {*range(0x20), 0x7f} - {0x0a}, text
    assert all(json.loads(line) for line in daemon.event_lines())


def test_hostile_names_from_a_real_server(edge25, gate, line, dnsmasq):
    """What dnsmasq lets through of them."""
    daemon = edge25(keys(dnsmasq_leases=dnsmasq.leases))
    for name in HOSTILE:
        with lease(dnsmasq, line, name) as address:
            attempt(daemon, gate, line, source=address)
    harmless(daemon)
    assert daemon.status()["healthy"]


# Leases, as other servers write them.

def octal(name):
    """As ISC dhcpd writes it."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7f and byte not in b'"\\' else f"\\{byte:03o}"
                   for byte in name)


def isc(address, name):
    """A declaration of dhcpd.leases."""
    return (f"lease {address} {{\n  ends never;\n  binding state active;\n"
            f"  client-hostname \"{octal(name)}\";\n}}\n")


def odhcpd(address, name):
    """A line of odhcpd's file."""
    escaped = "".join(chr(byte) if chr(byte).isalnum() and byte < 0x7f else f"\\x{byte:02x}"
                      for byte in name)
    return f"# lan 2:0:0:0:0:9 ipv4 {escaped} {FOR_EVER} 64400002 32 {address}/32\n"


def kea(address, name):
    """A row of Kea's CSV."""
    escaped = "".join(chr(byte) if 0x20 <= byte < 0x7f and byte not in b",&" else f"&#x{byte:02X}"
                      for byte in name)
    return f"{address},02:00:00:00:00:09,,3600,{FOR_EVER},1,0,0,{escaped},0,,0\n"


KEA_HEADER = ("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"
              "state,user_context,pool_id\n")
SERVERS = pytest.mark.parametrize("server, write, header", [
    ("isc", isc, "authoring-byte-order little-endian;\n"), ("odhcpd", odhcpd, ""),
    ("kea", kea, KEA_HEADER)], ids=["isc", "odhcpd", "kea"])


@SERVERS
def test_a_journal_is_followed(edge25, gate, line, path, server, write, header):
    path.write_text(header + write(line.address4, b"first"))
    daemon = edge25(keys(**{f"{server}_leases": path}))
    assert named(attempt(daemon, gate, line)) == ("first", server)
    for name in (b"second", *HOSTILE):
        with open(path, "a", encoding="ascii") as journal:
            journal.write(write(line.address4, name))
        eventually(lambda: named(attempt(daemon, gate, line)) != ("first", server), "another name")
        if name == b"second":
            assert named(attempt(daemon, gate, line)) == ("second", server)
    harmless(daemon)
    assert daemon.status()["losses"] == []


def test_escapes_are_unambiguous(edge25, gate, line, path):
    path.write_text(isc(line.address4, b"\x1b[31m \\x1b \xc3\xa9 \xff"))
    daemon = edge25(keys(isc_leases=path))
    assert named(attempt(daemon, gate, line)) == ("\\x1b[31m \\\\x1b é \\xff", "isc")


# Labels.

def test_a_label_file_is_read_again_when_it_changes(edge25, gate, line, path):
    path.write_text(f"# customers\n100.64.0.0/16 the pool\n{line.address4} customer 1 # old\n")
    daemon = edge25(keys(label_files=path))
    assert named(attempt(daemon, gate, line)) == ("customer 1", "label")
    other = gate.topology.subscribers[1]
    assert named(attempt(daemon, gate, other)) == ("the pool", "label")
    path.write_text(f"{line.address4} customer 2\n")
    eventually(lambda: named(attempt(daemon, gate, line)) == ("customer 2", "label"), "the new one")
    assert named(attempt(daemon, gate, other)) == (None, None)
    assert named(daemon.host(line.address4)) == ("customer 2", "label")
    os.replace(_written(path, f"{line.address4} customer 3\n"), path)
    eventually(lambda: named(attempt(daemon, gate, line)) == ("customer 3", "label"), "a third")


def _written(path, text):
    new = path.with_suffix(".new")
    new.write_text(text)
    return new


def test_a_label_stands_beside_the_host_name(edge25, gate, line, path):
    leases = path.with_suffix(".leases")
    path.write_text(f"{line.address4} Müller, room 5\n")
    leases.write_text(f"{FOR_EVER} 02:00:00:00:00:09 {line.address4} printer *\n")
    daemon = edge25(keys(label_files=path, dnsmasq_leases=leases))
    found = attempt(daemon, gate, line)
    assert named(found) == ("Müller, room 5", "label")
    assert found["host_name"] == "printer"


# Files that cannot be read.

def is_named_as_problem(daemon, text, patience=SOON):
    """Status names it, and nothing else is wrong."""
    eventually(lambda: [problem["text"] for problem in daemon.status()["problems"]] == [text],
               lambda: f"{text}\n{daemon.status()['problems']}", patience)


def test_a_file_that_cannot_be_read(edge25, gate, line, path):
    path.write_text(f"{FOR_EVER} 02:00:00:00:00:09 {line.address4} printer *\n")
    path.chmod(0o600)  # control is another user
    daemon = edge25(keys(dnsmasq_leases=path), healthy=False)
    eventually(lambda: daemon.socket.exists(), "control to listen")
    problem = f"{path}: Permission denied"
    is_named_as_problem(daemon, problem)
    assert daemon.stderr().count(f"names: {problem}: it names nobody until it can be read\n") == 1
    checked = daemon.run("-t")
    assert (checked.returncode, checked.stderr) == (0, f"warning: {problem}\n")
    assert named(attempt(daemon, gate, line)) == (None, None)
    path.chmod(0o644)
    daemon.wait_until_healthy()
    assert daemon.run("-t").stderr == ""
    assert named(attempt(daemon, gate, line)) == ("printer", "dnsmasq")
    assert f"names: {path} can be read again\n" in daemon.stderr()
    path.unlink()
    is_named_as_problem(daemon, f"{path}: No such file or directory")
    assert named(attempt(daemon, gate, line)) == ("printer", "dnsmasq")
    must_fail(is_named_as_problem, daemon, problem, 0.1)


def test_a_line_that_a_person_wrote_wrong(edge25, gate, line, path):
    path.write_text(f"{line.address4} right\n100.64.0.300 wrong\n")
    daemon = edge25(keys(label_files=path), healthy=False)
    eventually(lambda: daemon.socket.exists(), "control to listen")
    is_named_as_problem(daemon, f"{path}:2: expected an address or a prefix, and a label")
    assert named(attempt(daemon, gate, line)) == ("right", "label")


# Reload.

def test_a_reload_takes_other_files(edge25, gate, line, path):
    path.write_text(f"{line.address4} labelled\n")
    daemon = edge25(HOME)
    assert named(attempt(daemon, gate, line)) == (None, None)
    daemon.configure(keys(label_files=path))
    reply = daemon.ctl("reload")
    assert reply["settings"] == [{"key": "label-files", "old": "{}", "new": f"{{ {path} }}",
                                  "effect": "now"}]
    assert named(attempt(daemon, gate, line)) == ("labelled", "label")
    daemon.configure(HOME)
    daemon.ctl("reload")
    assert named(attempt(daemon, gate, line)) == (None, None)


# The kernel's neighbours.

def neighbours(daemon):
    """How many status knows of."""
    return daemon.status()["names"]["neighbours"]


def test_neighbours_come_and_go(edge25, topology):
    daemon = edge25(HOME)
    before = neighbours(daemon)
    assert before  # the laboratory's own
    new = [f"100.64.0.{number} dev sub0" for number in range(50, 60)]
    topology.gateway.ip([f"neighbour add {one} lladdr 02:00:00:00:00:09" for one in new])
    try:
        eventually(lambda: neighbours(daemon) == before + 10, "ten more")
    finally:
        topology.gateway.ip([f"neighbour delete {one}" for one in new])
    eventually(lambda: neighbours(daemon) == before, "ten less")
    daemon.configure(HOME + "neighbours = no\n")
    daemon.ctl("reload")
    assert neighbours(daemon) is None


def mac_is_known(daemon, line):
    """Of a host that only the kernel's counts tell of."""
    assert daemon.host(line.address4)["mac"] == Topology.mac(line.index, 2)


@kept_by(HOME, broken_by=HOME + "neighbours = no\n")
def test_the_neighbour_table_tells_the_mac(edge25, gate, line, configuration, promise):
    daemon = edge25(configuration)
    attempt(daemon, gate, line)
    daemon.wait_for_new(CONTROL, daemon.signal(CONTROL, 9))
    daemon.wait_until_healthy()
    eventually(lambda: daemon.host(line.address4), "the host to be known again")
    promise(mac_is_known, daemon, line)
