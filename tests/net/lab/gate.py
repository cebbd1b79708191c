# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway does to connections, said by the wires and the servers, never by edge25.

Each check opens real connections and raises AssertionError when a promise does not hold:

    gate.refuses(*flows, by=RESET)   at once, as the policy says; nothing reaches the internet
    gate.passes(*flows)              at once, and the server in the internet saw who connected
"""

import contextlib
import dataclasses
import itertools
import socket
from concurrent import futures

from .capture import Capture
from .namespaces import Subscriber, destinations
from .packets import FIN, RST, SYN
from .promise import SOON, eventually
from .sockets import CLOSE_BY_RESET, connect, connect_many, family_of

AT_ONCE = 0.8  # seconds; a SYN that was lost is sent again after one
MARKER = 2525  # no rule of edge25 knows this port
SMTP = 25
MX = {4: "203.0.113.25", 6: "2001:db8:f::25"}  # addresses of the MailServer


@dataclasses.dataclass(frozen=True)
class Flow:
    """Who connects to whom; source says which of the subscriber's addresses."""

    subscriber: Subscriber
    destination: str
    source: str | None = None

    @property
    def address(self):
        """The address that the packets come from."""
        return self.source or self.subscriber.address(self.version)

    @property
    def version(self):
        """4 or 6."""
        return 6 if ":" in self.destination else 4


@dataclasses.dataclass(frozen=True, eq=False)
class Denial:
    """How a refusal looks to the one who is refused, by IP version."""

    errors: dict         # what connect() may say
    icmp: dict           # the ICMP errors that come
    reset: bool = False  # whether a TCP reset comes


NONE = {4: set(), 6: set()}
RESET = Denial({4: {"ECONNREFUSED"}, 6: {"ECONNREFUSED"}}, NONE, reset=True)
# RFC 1812 5.2.7.1 and RFC 4443 3.1: communication administratively prohibited. On a wire as short
# as this one it arrives within the system call that sends the SYN, and then Linux takes no notice.
PROHIBITED = Denial({4: {"EHOSTUNREACH", "ETIMEDOUT"}, 6: {"EACCES", "ETIMEDOUT"}},
                    {4: {(3, 13)}, 6: {(1, 1)}})
DROP = Denial({4: {"ETIMEDOUT"}, 6: {"ETIMEDOUT"}}, NONE)


class Gate:
    """The gateway as seen from outside it."""

    def __init__(self, topology):
        self.topology = topology
        self._fresh = {4: itertools.count(1000), 6: itertools.count(1000)}

    def fresh(self, count=1, version=4):
        """COUNT mail servers that nothing has been sent to yet, neighbours in pairs, in fours,
        ... as far as COUNT goes; nothing may be remembered about them."""
        size = 1 << (count - 1).bit_length()
        first = next(self._fresh[version])
        first += -first % size
        self._fresh[version] = itertools.count(first + size)
        return destinations(first + count, version)[first - 1:first + count - 1]

    def flows(self, subscriber, count=1, version=4, source=None):
        """Flows of a subscriber to so many fresh destinations."""
        return [Flow(subscriber, server, source) for server in self.fresh(count, version)]

    def refuses(self, *flows, by=RESET, port=SMTP):
        """Each flow is refused at once in the manner that is said, and nothing of it passes."""
        lines = {flow.subscriber for flow in flows}
        with contextlib.ExitStack() as stack:
            captures = [stack.enter_context(Capture(line)) for line in lines]
            beyond = stack.enter_context(Capture(self.topology.internet))
            opened = self._open(flows, port)
            self._mark(flows[0], beyond)
        passed = [packet for packet in beyond.packets() if packet.destination_port == port]
        answers = [packet for capture in captures for packet in capture.packets()
                   if not packet.outgoing and MARKER != packet.source_port]
        for flow, connection in opened:
            assert connection.error in by.errors[flow.version], (flow, connection)
            self._answered(flow, connection, answers, by)
        assert not passed, f"{len(passed)} packets passed the gateway: {passed[0]}"

    def passes(self, *flows, port=SMTP):
        """Each flow reaches its server at once: the server says who connected."""
        with Capture(self.topology.internet) as beyond:
            opened = self._open(flows, port)
        for flow, connection in opened:
            assert connection.error == "", (flow, connection)
            assert (flow.address, connection.destination, connection.source_port) in \
                beyond.attempts(port), f"{flow} is not on the internet's wire"
            if port == SMTP:
                who = (flow.address, connection.source_port, flow.destination)
                eventually(lambda who=who: who in self.topology.mail_servers.accepted,
                           f"{who} at the server")

    @contextlib.contextmanager
    def spoiled(self, rule):
        """One more rule in the gateway, of another program, to break a promise with."""
        self.topology.gateway.run(["nft", "-f", "-"], input=f"""
            table inet spoiled {{
                chain spoiled {{ type filter hook prerouting priority raw - 10; {rule}; }}
            }}""")
        try:
            yield
        finally:
            self.topology.gateway.run(["nft", "delete table inet spoiled"])

    @staticmethod
    def _open(flows, port):
        """Opens all flows, those of each source at once; pairs of each flow and how it went."""
        sources = {}
        for flow in flows:
            sources.setdefault((flow.subscriber, flow.address), []).append(flow)

        def connections(flows):
            return connect_many(flows[0].subscriber, [flow.destination for flow in flows], port,
                                AT_ONCE, flows[0].address)

        with futures.ThreadPoolExecutor(len(sources)) as pool:
            results = pool.map(connections, sources.values())
        return list(zip(itertools.chain(*sources.values()), itertools.chain(*results)))

    def _mark(self, flow, beyond):
        """A packet that must arrive: the wire works, and nothing before it is still under way."""
        marker = connect(flow.subscriber, flow.destination, MARKER, source=flow.address)
        assert marker.error == "ECONNREFUSED", f"the internet itself refuses {MARKER}: {marker}"
        eventually(lambda: beyond.openings(MARKER), "the marker on the internet's wire")

    @staticmethod
    def _answered(flow, connection, answers, by):
        """The packets that came back for one connection are those of the denial."""
        segments = {packet.flags & (FIN | SYN | RST) for packet in answers
                    if (packet.source, packet.source_port, packet.destination_port)
                    == (flow.destination, connection.port, connection.source_port)}
        errors = {packet.icmp for packet in answers if packet.quoted
                  and (packet.quoted.destination, packet.quoted.source_port)
                  == (flow.destination, connection.source_port)}
        assert segments == ({RST} if by.reset else set()), (flow, segments)
        assert errors == by.icmp[flow.version], (flow, errors)


class Conversation:
    """Context manager: an SMTP connection that stays open."""

    def __init__(self, flow, port=SMTP):
        self._socket = flow.subscriber.socket(family_of(flow.destination))
        self._socket.settimeout(SOON)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_BY_RESET)
        self._socket.bind((flow.address, 0))
        self._socket.connect((flow.destination, port))
        self._read(b"220")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._socket.close()

    def goes_on(self):
        """The server still answers."""
        try:
            self._socket.sendall(b"NOOP\r\n")
            self._read(b"250")
        except OSError as error:
            raise AssertionError(f"the conversation was cut: {error}") from error

    def is_cut(self):
        """The next line of the client is answered by a reset."""
        try:
            self._socket.sendall(b"NOOP\r\n")
            answer = self._socket.recv(512)
        except ConnectionResetError:
            return
        raise AssertionError(f"the server still answers: {answer!r}")

    def _read(self, code):
        answer = self._socket.recv(512)
        assert answer.startswith(code), answer
