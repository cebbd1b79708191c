# SPDX-License-Identifier: GPL-2.0-or-later
"""Where subscribers come from, and where they go: the table in README.md. A household is one more
line of the gateway, home0. What this kernel has no devices for is skipped here; `make check-kernel`
brings kernels that have them."""

import contextlib

import pytest

from lab import pppoe
from lab.capture import Capture
from lab.edge25 import CONTROL
from lab.faults import killed
from lab.gate import AT_ONCE, DROP, MARKER, MX, RESET, Conversation, Flow
from lab.host import LabError
from lab.namespaces import Namespace
from lab.peer import Peer, host_of
from lab.promise import eventually, kept_by, must_fail
from lab.sockets import Listener, connect

NEAR = {4: "10.88.0.1", 6: "2001:db8:88::1"}
HOUSE = {4: "10.88.0.2", 6: "2001:db8:88::2"}
LENGTH = {4: 24, 6: 64}
PREFIX = {4: "10.88.0.0/24", 6: "2001:db8:88::/64"}
WAN = {4: "192.0.2.1", 6: "2001:db8:e::1"}   # the gateway's own address
BEYOND = {4: "192.0.2.2", 6: "2001:db8:e::2"}
EACH = 5
versions = pytest.mark.parametrize("version", [4, 6])

POLICY = 'policy "home" { mode = block }\n'
SILENT = 'policy "home" { mode = block  deny = drop }\n'
MONITOR = 'policy "home" { mode = monitor }\nread-interval = 1s\n'


def by_prefix(policy, *prefixes):
    """A configuration: the household's prefixes, or others."""
    words = ", ".join(f'"{prefix}"' for prefix in prefixes or PREFIX.values())
    return policy + f'range "house" {{ prefixes = {{ {words} }}  policy = "home" }}\n'


def by_interface(policy, name):
    """A configuration: whoever comes in there."""
    return policy + f'range "house" {{ interfaces = {{ "{name}" }}  policy = "home" }}\n'


ELSEWHERE = ("10.89.0.0/24", "2001:db8:89::/64")


@pytest.fixture(name="undo")
def fixture_undo():
    """An ExitStack for what a test changes."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(name="household")
def fixture_household(topology):
    """One more namespace, eth0, on the gateway's interface home0; nobody has an address yet."""
    house = Namespace(f"{topology.prefix}-house")
    try:
        topology.link(topology.gateway, "home0", house, "eth0", 0xf0)
        yield house
        topology.gateway.ip(["link del home0"])  # with the namespace it goes later, by itself
    finally:
        house.remove()


def devices(namespace, *commands):
    """Lines of ip commands that make devices; skips where the kernel has none of that kind."""
    try:
        namespace.ip(commands)
    except LabError as error:
        pytest.skip(f"not in this kernel: ip {commands[0]}: {str(error).splitlines()[0]}")


def settle(near, far, near_interface="home0", far_interface="eth0"):
    """Addresses for a household; the way to everything leads through the gateway."""
    for version in (4, 6):
        near.ip([f"address add {NEAR[version]}/{LENGTH[version]} dev {near_interface}"])
        far.ip([f"address add {HOUSE[version]}/{LENGTH[version]} dev {far_interface}",
                f"route add default via {NEAR[version]}"])


def flows(gate, house, version, count=EACH, source=None):
    """From the household to fresh servers."""
    return [Flow(house, server, source or HOUSE[version]) for server in gate.fresh(count, version)]


def counted(daemon, key):
    """What status says of the one policy."""
    return daemon.status()["policies"][0][key]


def counts_once(daemon, gate, house, version):
    """A policy that watches has let each connection pass, and counted it once."""
    before = counted(daemon, "passed")
    tried = flows(gate, house, version)
    with Capture(gate.topology.internet) as wan:
        gate.passes(*tried)
    sent = len(wan.openings())
    eventually(lambda: counted(daemon, "passed") >= before + sent, "the count to arrive")
    assert counted(daemon, "passed") - before == sent


# --- a line in a VLAN ----------------------------------------------------------------------------

@pytest.fixture(name="tagged")
def fixture_tagged(topology, household):
    """The household is in VLAN 7 of its line."""
    devices(topology.gateway, "link add link home0 name home0.7 type vlan id 7",
            "link set home0.7 up")
    household.ip(["link add link eth0 name eth0.7 type vlan id 7", "link set eth0.7 up"])
    settle(topology.gateway, household, "home0.7", "eth0.7")
    return household


@versions
@kept_by(by_interface(SILENT, "home0.7"), broken_by=by_interface(SILENT, "home0"))
def test_vlan(edge25, gate, tagged, configuration, promise, version):
    edge25(configuration)
    promise(gate.refuses, *flows(gate, tagged, version), by=DROP)


# --- a line in a VRF: its packets come to prerouting as the line's, and again as the VRF's --------

@pytest.fixture(name="enslaved")
def fixture_enslaved(topology, household):
    """The household's line belongs to VRF blue, whose way out is the common one."""
    gateway = topology.gateway
    devices(gateway, "link add blue type vrf table 100", "link set blue up",
            "link set home0 master blue")
    try:
        settle(gateway, household)
        for version in (4, 6):
            gateway.ip([f"route add default via {BEYOND[version]} dev wan0 vrf blue",
                        f"route add {PREFIX[version]} dev home0"])
        yield household
    finally:
        gateway.ip([*(f"route del default via {BEYOND[version]} dev wan0 vrf blue"
                      for version in (4, 6)), "link del blue"])


PLACES = {"prefix": by_prefix, "line": lambda policy: by_interface(policy, "home0"),
          "vrf": lambda policy: by_interface(policy, "blue")}
places = pytest.mark.parametrize("place", PLACES)


@versions
@places
def test_vrf_block(edge25, gate, enslaved, place, version):
    daemon = edge25(PLACES[place](POLICY))
    before = counted(daemon, "refused")
    with Capture(gate.topology.gateway, "home0") as line:
        gate.refuses(*flows(gate, enslaved, version), by=RESET)
    sent = len(line.openings())
    eventually(lambda: counted(daemon, "refused") >= before + sent, "the count to arrive")
    assert counted(daemon, "refused") - before == sent


@versions
@places
def test_vrf_monitor_counts_once(edge25, gate, enslaved, place, version):
    daemon = edge25(PLACES[place](MONITOR))
    counts_once(daemon, gate, enslaved, version)


@versions
@places
def test_vrf_allowed(edge25, gate, enslaved, place, version):
    """What is allowed passes, also where the VRF is named."""
    daemon = edge25(PLACES[place](POLICY))
    first, second = flows(gate, enslaved, version, 2)
    daemon.ctl("allow", "add", "--to", first.destination, "--comment", "a destination")
    gate.passes(first)
    must_fail(gate.passes, second)
    daemon.ctl("allow", "add", "--from", HOUSE[version], "--comment", "a source")
    gate.passes(second)


@versions
@places
def test_vrf_contained(edge25, gate, enslaved, place, version):
    """Plain entries do not help there either."""
    daemon = edge25(PLACES[place](MONITOR.replace("mode = monitor", "mode = guard")))
    first, second = flows(gate, enslaved, version, 2)
    daemon.ctl("allow", "add", "--to", first.destination, "--comment", "a destination")
    gate.passes(first, second)
    with killed(daemon, CONTROL), Peer(daemon) as peer:
        peer.contain(host_of(HOUSE[version]))
        gate.refuses(first, second)


@versions
def test_vrf_answers_need_a_way_back(edge25, gate, enslaved, version):
    """The kernel sends answers by the main table; without a way there, refusals are drops."""
    gate.topology.gateway.ip([f"route del {PREFIX[version]} dev home0"])
    edge25(by_prefix(POLICY))
    server = gate.fresh(1, version)[0]
    with Capture(gate.topology.internet) as wan, Capture(enslaved) as line:
        assert connect(enslaved, server, 25, AT_ONCE).error == "ETIMEDOUT"
        connect(enslaved, server, MARKER, AT_ONCE)
        eventually(lambda: wan.openings(MARKER), "the marker on the internet's wire")
    assert not wan.openings(25)
    assert not [packet for packet in line.packets() if packet.source == server]


@versions
def test_vrf_elsewhere(edge25, gate, enslaved, version):
    """The control run: the range is another one."""
    edge25(by_prefix(POLICY, *ELSEWHERE))
    must_fail(gate.refuses, *flows(gate, enslaved, version))
    gate.passes(*flows(gate, enslaved, version))


@versions
def test_vrf_submission_counts_once(edge25, gate, mail, enslaved, version):
    daemon = edge25(by_prefix(POLICY))
    del mail
    with Capture(gate.topology.internet) as wan:
        gate.passes(Flow(enslaved, MX[version], HOUSE[version]), port=587)
    eventually(lambda: daemon.status()["totals"]["submission"], "the count to arrive")
    assert daemon.status()["totals"]["submission"] == len(wan.openings(587))


# --- bridges -------------------------------------------------------------------------------------

@pytest.fixture(name="lan")
def fixture_lan(topology, household):
    """A home router: the household is on a port of its bridge br-lan."""
    gateway = topology.gateway
    devices(gateway, "link add br-lan type bridge", "link set home0 master br-lan",
            "link set br-lan up")
    try:
        settle(gateway, household, "br-lan")
        yield household
    finally:
        gateway.ip(["link del br-lan"])


@versions
@kept_by(by_interface(POLICY, "br-lan"), broken_by=by_interface(POLICY, "home0"))
def test_home_router(edge25, gate, lan, configuration, promise, version):
    """The interface is the bridge's; its ports are nothing to IP."""
    edge25(configuration)
    promise(gate.refuses, *flows(gate, lan, version))


@pytest.fixture(name="bridged")
def fixture_bridged(topology, household, undo):
    """The gateway is a bridge between the household and the internet, which is the router."""
    gateway, internet = topology.gateway, topology.internet
    topology.link(gateway, "out0", internet, "eth8", 0xf1)
    undo.callback(gateway.ip, ["link del out0"])
    devices(gateway, "link add br0 type bridge", "link set home0 master br0",
            "link set out0 master br0", "link set br0 up")
    undo.callback(gateway.ip, ["link del br0"])
    settle(internet, household, "eth8")
    yield household


def hand_to_prerouting(gateway, value):
    """Whether br_netfilter hands bridged packets to the hooks of IP; where it is not loaded, nobody
    does."""
    for name in ("iptables", "ip6tables"):
        try:
            gateway.sysctl(f"net.bridge.bridge-nf-call-{name}", value)
        except FileNotFoundError:
            if value:
                pytest.skip("no br_netfilter in this kernel, or not loaded")


@versions
def test_bridge_without_br_netfilter(edge25, topology, gate, bridged, version):
    """Frames that are bridged do not come to prerouting: nothing is refused."""
    hand_to_prerouting(topology.gateway, 0)
    edge25(by_prefix(SILENT))
    assert connect(bridged, gate.fresh(1, version)[0], 25, AT_ONCE).error == ""


@versions
def test_bridge_with_br_netfilter(edge25, topology, gate, bridged, version):
    hand_to_prerouting(topology.gateway, 1)
    edge25(by_prefix(SILENT))
    server = gate.fresh(1, version)[0]
    with Capture(topology.crowd) as beyond:
        assert connect(bridged, server, 25, AT_ONCE).error == "ETIMEDOUT"
        assert connect(bridged, server, MARKER, AT_ONCE).error == "ECONNREFUSED"
        eventually(lambda: beyond.openings(MARKER), "the marker at the server")
    assert not beyond.openings(25)


# --- lines over PPPoE -----------------------------------------------------------------------------

@pytest.fixture(name="dialled")
def fixture_dialled(topology, household):
    """The household's line is a PPPoE session, ppp0 on both ends."""
    try:
        with (pppoe.session(topology.gateway, "home0", topology.mac(0xf0, 2)),
              pppoe.session(household, "eth0", topology.mac(0xf0, 1))):
            for namespace, near, far in ((topology.gateway, NEAR, HOUSE), (household, HOUSE, NEAR)):
                namespace.ip(["link set ppp0 up",
                              *(f"address add {near[version]} peer {far[version]} dev ppp0"
                                for version in (4, 6))])
            household.ip([f"route add default via {NEAR[version]}" for version in (4, 6)])
            yield household
    except pppoe.Missing as error:
        pytest.skip(f"not in this kernel: {error}")


@versions
@kept_by(by_interface(SILENT, "ppp0"), broken_by=by_interface(SILENT, "home0"))
def test_pppoe(edge25, gate, dialled, configuration, promise, version):
    edge25(configuration)
    promise(gate.refuses, *flows(gate, dialled, version), by=DROP)


# --- address translation -------------------------------------------------------------------------

MASQUERADE = """
table inet other {{
    chain out {{
        type nat hook postrouting priority srcnat;
        oifname "{}" masquerade
    }}
}}"""


def translate(namespace, text, undo):
    """Another program's table with address translation."""
    namespace.run(["nft", "-f", "-"], input=text)
    undo.callback(namespace.run, ["nft", "delete table inet other"])


@pytest.fixture(name="masked")
def fixture_masked(topology, household, undo):
    """The household's own router translates: whoever is behind it comes from HOUSE."""
    settle(topology.gateway, household)
    translate(household, MASQUERADE.format("eth0"), undo)
    household.ip(["link add inside0 type veth peer name inside1", "link set inside0 up",
                  *(f"address add {address} dev inside0" for address in INSIDE.values())])
    return household


INSIDE = {4: "192.168.7.2", 6: "fd00:7::2"}


def household_is_named(daemon, gate, house, version):
    """What is inside is refused, and counted for the address that the gateway sees."""
    server = gate.fresh(1, version)[0]
    with Capture(gate.topology.gateway, "home0") as line:
        error = connect(house, server, 25, AT_ONCE, INSIDE[version]).error
        eventually(lambda: line.openings(25), "the attempt on the line")
    assert error == "ECONNREFUSED", error
    assert {packet.source for packet in line.openings(25)} == {HOUSE[version]}
    name = {4: HOUSE[4], 6: PREFIX[6].split("/", maxsplit=1)[0]}[version]
    eventually(lambda: daemon.host(name), f"{name} in the status")


@versions
@kept_by(by_prefix(POLICY), broken_by=by_prefix(POLICY, "192.168.7.0/24", "fd00:7::/64"))
def test_nat_before(edge25, gate, masked, configuration, promise, version):
    promise(household_is_named, edge25(configuration + "read-interval = 1s\n"), gate, masked,
            version)


@pytest.fixture(name="translated")
def fixture_translated(topology, household, undo):
    """The gateway translates the household's addresses to its own."""
    settle(topology.gateway, household)
    translate(topology.gateway, MASQUERADE.format("wan0"), undo)
    return household


@versions
@kept_by(by_prefix(POLICY), broken_by=by_prefix(POLICY, *(f"{WAN[v]}/{b}" for v, b in
                                                          ((4, 32), (6, 128)))))
def test_nat_after(edge25, gate, translated, configuration, promise, version):
    """Ranges are of the addresses before translation."""
    edge25(configuration)
    promise(gate.refuses, *flows(gate, translated, version, 2))


@versions
def test_nat_after_watched(edge25, gate, translated, version):
    """What passes is translated as ever, and counted for the household."""
    daemon = edge25(by_prefix(MONITOR))
    for _ in range(3):  # asked, remembered, remembered
        server = gate.fresh(1, version)[0]
        with Capture(gate.topology.internet) as wan:
            assert connect(translated, server, 25, AT_ONCE).error == ""
        assert {packet.source for packet in wan.openings(25)} == {WAN[version]}
    name = {4: HOUSE[4], 6: PREFIX[6].split("/", maxsplit=1)[0]}[version]
    eventually(lambda: daemon.host(name).get("attempts") == 3, "three attempts of the household")


HAIRPIN = """
table inet other {{
    chain in {{
        type nat hook prerouting priority dstnat;
        ip daddr {WAN4} tcp dport 25 dnat ip to {SERVER4}
        ip6 daddr {WAN6} tcp dport 25 dnat ip6 to {SERVER6}
    }}
    chain out {{
        type nat hook postrouting priority srcnat;
        ct status dnat masquerade
    }}
}}"""


@versions
def test_hairpin(edge25, topology, gate, household, undo, version):
    """The gateway's own address leads to a mail server of a subscriber: that is mail to the
    gateway, and passes; the subscriber's mail to the world is refused."""
    settle(topology.gateway, household)
    server = topology.subscribers[2]
    translate(topology.gateway, HAIRPIN.format(WAN4=WAN[4], WAN6=WAN[6], SERVER4=server.address(4),
                                               SERVER6=server.address(6)), undo)
    daemon = edge25(by_prefix(POLICY, *PREFIX.values(), "100.64.0.0/10", "2001:db8:1::/48"))
    with Listener(server, 25) as listener:
        assert connect(household, WAN[version], 25, AT_ONCE).error == ""
        assert [destination for _, _, destination in listener.accepted] == [server.address(version)]
    gate.refuses(*flows(gate, household, version))
    assert counted(daemon, "refused") >= EACH


# --- tunnels -------------------------------------------------------------------------------------

TUNNEL = {4: ("10.99.0.1", "10.99.0.2"), 6: ("2001:db8:99::1", "2001:db8:99::2")}


def tunnel(near, far, local, remote, undo):
    """A UDP tunnel (VXLAN) between two namespaces, vpn0 on both ends, with TUNNEL's addresses."""
    devices(near, f"link add vpn0 type vxlan id 9 dstport 4789 local {local} remote {remote}",
            "link set vpn0 up")
    undo.callback(near.ip, ["link del vpn0"])
    far.ip([f"link add vpn0 type vxlan id 9 dstport 4789 local {remote} remote {local}",
            "link set vpn0 up"])
    undo.callback(far.ip, ["link del vpn0"])
    for version in (4, 6):
        near.ip([f"address add {TUNNEL[version][0]}/{LENGTH[version]} dev vpn0"])
        far.ip([f"address add {TUNNEL[version][1]}/{LENGTH[version]} dev vpn0"])


@versions
def test_vpn_that_ends_elsewhere(edge25, topology, gate, household, undo, version):
    """Mail inside the household's VPN is not seen; its mail outside of it is refused."""
    settle(topology.gateway, household)
    tunnel(topology.internet, household, BEYOND[4], HOUSE[4], undo)
    edge25(by_prefix(POLICY, *PREFIX.values(), "10.99.0.0/24", "2001:db8:99::/64"))
    inside, outside = gate.fresh(2, version)
    household.ip([f"route add {inside} via {TUNNEL[version][0]} dev vpn0"])
    assert connect(household, inside, 25, AT_ONCE).error == ""
    gate.refuses(Flow(household, outside, HOUSE[version]))


@versions
@kept_by(by_interface(SILENT, "vpn0"), broken_by=by_interface(SILENT, "home0"))
def test_vpn_that_ends_at_the_gateway(edge25, topology, gate, household, undo, configuration,
                                      promise, version):
    """Mail that comes out of a tunnel here is seen as the tunnel's interface's."""
    settle(topology.gateway, household)
    tunnel(topology.gateway, household, NEAR[4], HOUSE[4], undo)
    edge25(configuration)
    tried = flows(gate, household, version, source=TUNNEL[version][1])
    household.ip([f"route add {flow.destination} via {TUNNEL[version][0]} dev vpn0"
                  for flow in tried])
    promise(gate.refuses, *tried, by=DROP)


@kept_by(by_interface(SILENT, "mape"), broken_by=by_interface(SILENT, "home0"))
def test_map_border_relay(edge25, topology, gate, household, undo, configuration, promise):
    """IPv4 in IPv6 that ends at the gateway is seen as the tunnel's interface's."""
    settle(topology.gateway, household)
    devices(topology.gateway,
            f"link add mape type ip6tnl mode ipip6 local {NEAR[6]} remote {HOUSE[6]}",
            "link set mape up", f"address add {TUNNEL[4][0]}/24 dev mape")
    undo.callback(topology.gateway.ip, ["link del mape"])
    household.ip([f"link add mape type ip6tnl mode ipip6 local {HOUSE[6]} remote {NEAR[6]}",
                  "link set mape up", f"address add {TUNNEL[4][1]}/24 dev mape"])
    edge25(configuration)
    tried = flows(gate, household, 4, source=TUNNEL[4][1])
    household.ip([f"route add {flow.destination} dev mape" for flow in tried])
    promise(gate.refuses, *tried, by=DROP)


# --- connections that the kernel takes past the rules ---------------------------------------------

OFFLOAD = """
table inet other {
    flowtable fast {
        hook ingress priority 0
        devices = { home0, wan0 }
    }
    chain forward {
        type filter hook forward priority 0
        meta l4proto tcp flow add @fast
    }
}"""


@pytest.fixture(name="offload")
def fixture_offload(topology, household, undo):
    """offload(True): connections go into a flowtable; offload(False): they do not."""
    settle(topology.gateway, household)

    def start(wanted):
        if not wanted:
            return
        result = topology.gateway.run(["nft", "-f", "-"], input=OFFLOAD, check=False)
        if result.returncode:
            pytest.skip(f"no flowtable in this kernel: {result.stderr.splitlines()[0]}")
        undo.callback(topology.gateway.run, ["nft", "delete table inet other"])
    return start


@versions
@kept_by(by_prefix(POLICY), broken_by=by_prefix(POLICY, *ELSEWHERE))
def test_flow_offload(edge25, gate, household, offload, configuration, promise, version):
    """A connection that is refused never gets into a flowtable."""
    offload(True)
    edge25(configuration)
    promise(gate.refuses, *flows(gate, household, version))


@versions
@pytest.mark.parametrize("offloaded", [True, False], ids=["offloaded", "control"])
def test_offloaded_connections_outlive_a_change(edge25, gate, mail, household, offload, offloaded,
                                                version):
    """What was let through and is in a flowtable is not seen again; other connections are cut."""
    del mail
    offload(offloaded)
    daemon = edge25(by_prefix(MONITOR))
    others = flows(gate, household, version)
    with Conversation(Flow(household, MX[version], HOUSE[version])) as conversation:
        for _ in range(3):
            conversation.goes_on()
        daemon.configure(by_prefix(POLICY))
        daemon.ctl("reload")
        gate.refuses(*others)
        if offloaded:
            conversation.goes_on()
        else:
            conversation.is_cut()
