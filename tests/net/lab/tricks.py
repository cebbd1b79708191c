# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to send a TCP opening that a filter may not recognise as one. Each is a function of source,
destination and port that returns the IP packets, in the order in which they are sent."""

import dataclasses
import itertools
import struct
import typing

from .packets import ACK, FIN, RST, SYN, TCP
from .raw import FRAGMENT, MORE_FRAGMENTS, ipv4, ipv6, packed, tcp

URG, PSH, ALL_FLAGS = 0x20, 0x08, 0xff
HOP_BY_HOP, ROUTING, AUTHENTICATION, DESTINATION_OPTIONS = 0, 43, 51, 60
MOBILITY, HIP, SHIM6, NOBODYS = 135, 139, 140, 253
LOOSE_ROUTE, STRICT_ROUTE, RECORD_ROUTE, TIMESTAMP = 131, 137, 7, 68
BLOCK = 8  # fragments are cut at multiples of it
OTHER = 26  # a port that is nothing to edge25

_identifications = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Trick:
    """One way; answered: whether Linux, where the packets arrive, answers as it does an opening;
    hidden: whether a gateway that puts no fragments together cannot see the port."""

    name: str
    build: typing.Callable
    answered: bool = False
    hidden: bool = False

    def __str__(self):
        return self.name


# --- segments ------------------------------------------------------------------------------------

def _segment(**options):
    """A segment that differs from an honest opening by these options of tcp()."""
    def build(source, destination, port):
        packet = ipv6 if ":" in destination else ipv4
        return [packet(source, destination, tcp(source, destination, port, **options))]
    return build


SEGMENTS = [
    Trick("honest", _segment(), answered=True),
    Trick("data", _segment(payload=b"EHLO bot\r\n"), answered=True),
    Trick("syn-fin", _segment(flags=SYN | FIN)),
    Trick("syn-urg", _segment(flags=SYN | URG), answered=True),
    Trick("syn-psh-data", _segment(flags=SYN | PSH, payload=b"x" * 1000), answered=True),
    Trick("syn-ece-cwr", _segment(flags=SYN | 0xc0), answered=True),
    Trick("syn-rst", _segment(flags=SYN | RST)),
    Trick("syn-ack", _segment(flags=SYN | ACK)),
    Trick("fin", _segment(flags=FIN)),
    Trick("ack", _segment(flags=ACK)),
    Trick("no-flags", _segment(flags=0)),
    Trick("all-flags", _segment(flags=ALL_FLAGS)),
    Trick("bad-checksum", _segment(spoil=1)),
    Trick("offset-0", _segment(offset=0)),
    Trick("offset-4", _segment(offset=4)),
    Trick("offset-beyond", _segment(offset=15)),
    Trick("bad-options", _segment(offset=6, options=b"\x02\x00\x05\x05"), answered=True),
    Trick("long-options", _segment(offset=15, options=b"\x01" * 40), answered=True),
    Trick("fast-open", _segment(offset=8, options=b"\x22\x0a12345678\x01\x01",
                                payload=b"EHLO bot\r\n"), answered=True),
]


# --- IPv4 ----------------------------------------------------------------------------------------

def _options4(options):
    def build(source, destination, port):
        return [ipv4(source, destination, tcp(source, destination, port), options)]
    return build


def _cut(segment, *edges):
    """The pieces of a segment between the edges: (offset, bytes, whether more follow)."""
    edges = (0, *edges, len(segment))
    return [(first, segment[first:last], last != len(segment))
            for first, last in zip(edges, edges[1:])]


def _fragments4(source, destination, pieces):
    number = next(_identifications)
    return [ipv4(source, destination, data, number=number,
                 fragment=(MORE_FRAGMENTS if more else 0) | offset // BLOCK)
            for offset, data, more in pieces]


def _cut4(*edges, order=None, **options):
    """An opening in fragments, cut at the edges; order: of the fragments, by number."""
    def build(source, destination, port):
        pieces = _cut(tcp(source, destination, port, **options), *edges)
        return _fragments4(source, destination,
                           [pieces[number] for number in order or range(len(pieces))])
    return build


def _renamed(source, destination, port, tail=24):
    """An honest opening with data, and the same with another port in its first block."""
    segment = tcp(source, destination, port, payload=b"x" * tail)
    return segment, segment[:2] + struct.pack("!H", OTHER) + segment[4:]


def _overlap4(pieces):
    """pieces(honest, renamed): fragments that say different things about the port."""
    def build(source, destination, port):
        return _fragments4(source, destination, pieces(*_renamed(source, destination, port)))
    return build


def _second_first(honest, renamed):
    return [(0, renamed[:8], True), (0, honest[:8], True), (8, honest[8:], False)]


def _rest_first(honest, renamed):
    return [(8, honest[8:], False), (0, renamed[:8], True), (0, honest[:8], True)]


def _longer_first(honest, renamed):
    return [(0, renamed[:8], True), (0, honest[:24], True), (24, honest[24:], False)]


def _behind_the_port(honest, renamed):
    """The overlap begins behind the port, where a fragment can begin."""
    return [(0, renamed[:16], True), (8, honest[8:], False)]


TRICKS4 = [
    *SEGMENTS,
    Trick("fragment-8", _cut4(8), answered=True),
    Trick("fragment-16", _cut4(16), answered=True),
    Trick("fragment-24", _cut4(24, payload=b"x" * 40), answered=True),
    Trick("fragments-of-8", _cut4(8, 16), answered=True),
    Trick("fragments-backwards", _cut4(8, 16, order=(2, 1, 0)), answered=True),
    Trick("fragments-twice", _cut4(8, 16, order=(0, 0, 1, 1, 2)), answered=True),
    Trick("fragments-flags-first", _cut4(8, order=(1, 0)), answered=True),
    Trick("overlap-second-first", _overlap4(_second_first)),
    Trick("overlap-rest-first", _overlap4(_rest_first)),
    Trick("overlap-longer-first", _overlap4(_longer_first)),
    Trick("overlap-behind-the-port", _overlap4(_behind_the_port)),
    Trick("no-operations", _options4(b"\x01" * 40), answered=True),
    Trick("router-alert", _options4(b"\x94\x04\0\0"), answered=True),
    Trick("record-route", _options4(bytes([RECORD_ROUTE, 39, 4]) + b"\0" * 36 + b"\0"),
          answered=True),
    Trick("timestamp", _options4(bytes([TIMESTAMP, 36, 5, 0]) + b"\0" * 32), answered=True),
    Trick("unknown-option", _options4(b"\x5e\x08123456"), answered=True),
    Trick("end-of-options", _options4(b"\0\x19\x19\x19" * 10), answered=True),
    Trick("spent-loose-route", _options4(bytes([LOOSE_ROUTE, 7, 8, 192, 0, 2, 9, 0]))),
    Trick("spent-strict-route", _options4(bytes([STRICT_ROUTE, 7, 8, 192, 0, 2, 9, 0]))),
]


# --- IPv6 ----------------------------------------------------------------------------------------

def _header(kind, following, units=0):
    """An extension header of 8 * (units + 1) bytes that says nothing."""
    length = 8 * (units + 1)
    if kind == AUTHENTICATION:
        return struct.pack("!BBHII", following, 2, 0, 1, 1) + b"\0" * 4
    if kind == FRAGMENT:  # of the whole: RFC 6946
        return struct.pack("!BBHI", following, 0, 0, next(_identifications))
    if kind == ROUTING:  # used up, of a type that nobody knows
        return struct.pack("!BBBBI", following, units, 253, 0, 0) + b"\0" * (length - 8)
    body = b"\0" * (length - 2)  # Pad1
    if kind in (HOP_BY_HOP, DESTINATION_OPTIONS):
        body, left = b"", length - 2
        while left > 1:  # PadN
            step = min(left, 7) if left != 8 else 6
            body, left = body + bytes([1, step - 2]) + b"\0" * (step - 2), left - step
        body += b"\0" * left
    return bytes([following, units]) + body


def _chain(kinds, payload, last=TCP, units=0):
    """(the first next header, the headers and what follows them)."""
    for kind in reversed(kinds):
        payload, last = _header(kind, last, units) + payload, kind
    return last, payload


def _headers(*kinds, units=0, **options):
    def build(source, destination, port):
        first, payload = _chain(kinds, tcp(source, destination, port, **options), units=units)
        return [ipv6(source, destination, payload, first)]
    return build


def _fragments6(source, destination, following, pieces, before=()):
    number = next(_identifications)
    packets = []
    for offset, data, more in pieces:
        header = struct.pack("!BBHI", following, 0, offset | (1 if more else 0), number)
        first, payload = _chain(before, header + data, FRAGMENT)
        packets.append(ipv6(source, destination, payload, first))
    return packets


def _cut6(*edges, kinds=(), order=None, units=0, before=(), **options):
    """An opening behind headers, in fragments; before: headers that each fragment has."""
    def build(source, destination, port):
        first, payload = _chain(kinds, tcp(source, destination, port, **options), units=units)
        pieces = _cut(payload, *edges)
        return _fragments6(source, destination, first,
                           [pieces[number] for number in order or range(len(pieces))], before)
    return build


def _overlap6(pieces):
    def build(source, destination, port):
        return _fragments6(source, destination, TCP, pieces(*_renamed(source, destination, port)))
    return build


def _empty_payload(source, destination, port):
    """A payload length of 0 and no jumbo option: the length is the frame's."""
    first, payload = _chain([HOP_BY_HOP], tcp(source, destination, port))
    packet = ipv6(source, destination, payload, first)
    return [packet[:4] + b"\0\0" + packet[6:]]


TRICKS6 = [
    *SEGMENTS,
    Trick("hop-by-hop", _headers(HOP_BY_HOP), answered=True),
    Trick("destination-options", _headers(DESTINATION_OPTIONS), answered=True),
    Trick("routing", _headers(ROUTING), answered=True),
    Trick("whole-fragment", _headers(FRAGMENT), answered=True),
    Trick("authentication", _headers(AUTHENTICATION)),
    Trick("mobility", _headers(MOBILITY)),
    Trick("hip", _headers(HIP)),
    Trick("shim6", _headers(SHIM6)),
    Trick("nobodys", _headers(NOBODYS)),
    Trick("recommended-order", _headers(HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, FRAGMENT,
                                        DESTINATION_OPTIONS), answered=True),
    Trick("other-order", _headers(DESTINATION_OPTIONS, FRAGMENT, ROUTING, DESTINATION_OPTIONS),
          answered=True),
    Trick("late-hop-by-hop", _headers(DESTINATION_OPTIONS, HOP_BY_HOP)),
    Trick("repeated-options", _headers(*[DESTINATION_OPTIONS] * 7), answered=True),
    Trick("twelve-headers", _headers(*[DESTINATION_OPTIONS] * 12), answered=True),
    Trick("repeated-fragment", _headers(FRAGMENT, FRAGMENT, FRAGMENT)),
    Trick("repeated-routing", _headers(ROUTING, ROUTING), answered=True),
    Trick("long-options", _headers(DESTINATION_OPTIONS, units=100)),
    Trick("empty-payload", _empty_payload, answered=True),
    Trick("fragment-8", _cut6(8)),
    Trick("fragment-16", _cut6(16)),
    Trick("fragment-24", _cut6(24, payload=b"x" * 40), answered=True),
    Trick("fragments-backwards", _cut6(24, 32, payload=b"x" * 40, order=(2, 1, 0)), answered=True),
    Trick("fragments-twice", _cut6(24, 32, payload=b"x" * 40, order=(0, 0, 1, 1, 2)),
          answered=True),
    Trick("options-before-fragments", _cut6(24, payload=b"x" * 40, before=[DESTINATION_OPTIONS]),
          answered=True),
    Trick("options-in-fragments", _cut6(32, payload=b"x" * 40, kinds=[DESTINATION_OPTIONS]),
          answered=True),
    Trick("overlap-second-first", _overlap6(_second_first)),
    Trick("overlap-rest-first", _overlap6(_rest_first)),
    Trick("overlap-longer-first", _overlap6(_longer_first), answered=True),
    Trick("overlap-behind-the-port", _overlap6(_behind_the_port)),
    # The first fragment ends before the port.
    Trick("port-in-second", _cut6(8, kinds=[DESTINATION_OPTIONS]), hidden=True),
    Trick("port-in-second-backwards", _cut6(8, kinds=[DESTINATION_OPTIONS], order=(1, 0)),
          hidden=True),
    Trick("options-across", _cut6(16, kinds=[DESTINATION_OPTIONS], units=3), hidden=True),
    Trick("options-across-and-options",
          _cut6(16, kinds=[DESTINATION_OPTIONS, DESTINATION_OPTIONS], units=3), hidden=True),
    Trick("options-then-options", _cut6(8, kinds=[DESTINATION_OPTIONS, DESTINATION_OPTIONS]),
          answered=True, hidden=True),
    Trick("options-then-options-backwards",
          _cut6(8, kinds=[DESTINATION_OPTIONS, DESTINATION_OPTIONS], order=(1, 0)),
          answered=True, hidden=True),
    Trick("options-then-routing", _cut6(8, kinds=[DESTINATION_OPTIONS, ROUTING]),
          answered=True, hidden=True),
    Trick("options-then-fragment", _cut6(8, kinds=[DESTINATION_OPTIONS, FRAGMENT]), hidden=True),
    Trick("fragment-in-fragment", _cut6(8, kinds=[FRAGMENT]), hidden=True),
    Trick("fragment-in-fragment-options",
          _cut6(8, kinds=[FRAGMENT, DESTINATION_OPTIONS]), hidden=True),
    Trick("options-before-fragments-hidden",
          _cut6(8, kinds=[DESTINATION_OPTIONS, DESTINATION_OPTIONS],
                before=[HOP_BY_HOP, DESTINATION_OPTIONS]), answered=True, hidden=True),
]
TRICKS = {4: TRICKS4, 6: TRICKS6}


# --- routes of the source's choice ---------------------------------------------------------------

def _routed4(option):
    def build(source, gateway, destination, port):
        return ipv4(source, gateway, tcp(source, destination, port),
                    bytes([option, 7, 4]) + packed(destination) + b"\0")
    return build


def _routed6(source, gateway, destination, port):
    """RFC 8754: the segments stand in reverse order."""
    header = (struct.pack("!BBBBBBH", TCP, 4, 4, 1, 1, 0, 0) + packed(destination)
              + packed(gateway))
    return ipv6(source, gateway, header + tcp(source, destination, port), ROUTING)


# Functions of source, gateway, destination and port: a packet to an address of the gateway itself,
# which sends it on to the destination if it is told to follow such routes.
ROUTED = {4: {"loose": _routed4(LOOSE_ROUTE), "strict": _routed4(STRICT_ROUTE)},
          6: {"segments": _routed6}}
