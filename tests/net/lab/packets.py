# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads captured Ethernet frames: as much of IPv4, IPv6 and TCP as the tests ask about."""

import dataclasses
import ipaddress
import struct

ETHERTYPES = {0x0800: 4, 0x86dd: 6}
TCP, UDP = 6, 17
ICMP, ICMPV6 = 1, 58
ICMP_ERRORS = (3, 4, 5, 11, 12)
IPV6_EXTENSIONS = (0, 43, 60)  # hop-by-hop, routing, destination options
IPV6_FRAGMENT = 44
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


@dataclasses.dataclass(frozen=True)
class Packet:
    """One packet; the ports are None where it has none. time is the kernel's, in seconds.

    icmp is (type, code), quoted the packet that an ICMP error is about.
    """

    time: float
    outgoing: bool
    source: str
    destination: str
    protocol: int
    source_port: int | None
    destination_port: int | None
    flags: int
    icmp: tuple | None
    quoted: "Packet | None"
    frame: bytes

    def is_opening(self, port=None):
        """A TCP SYN without ACK, to the port if one is given."""
        return (self.protocol == TCP and self.flags & (SYN | ACK) == SYN
                and port in (None, self.destination_port))


def parse(frame, time, outgoing):
    """The Packet in an Ethernet frame, or None if it is not IP."""
    version = ETHERTYPES.get(int.from_bytes(frame[12:14], "big"))
    if version is None:
        return None
    packet = frame[14:]
    if version == 4:
        source, destination = packet[12:16], packet[16:20]
        protocol, payload = _ipv4_payload(packet)
    else:
        source, destination = packet[8:24], packet[24:40]
        protocol, payload = _ipv6_payload(packet)
    ports = (None, None)
    if protocol in (TCP, UDP) and len(payload) >= 4:
        ports = struct.unpack("!HH", payload[:4])
    flags = payload[13] if protocol == TCP and len(payload) > 13 else 0
    icmp = tuple(payload[:2]) if protocol in (ICMP, ICMPV6) and len(payload) >= 2 else None
    quoted = parse(frame[:14] + payload[8:], time, outgoing) if _is_error(protocol, icmp) else None
    return Packet(time, outgoing, str(ipaddress.ip_address(source)),
                  str(ipaddress.ip_address(destination)), protocol, *ports, flags, icmp,
                  quoted, frame)


def _is_error(protocol, icmp):
    return icmp and (icmp[0] in ICMP_ERRORS if protocol == ICMP else icmp[0] < 128)


def _ipv4_payload(packet):
    offset = int.from_bytes(packet[6:8], "big") & 0x1fff
    return packet[9], b"" if offset else packet[(packet[0] & 0x0f) * 4:]


def _ipv6_payload(packet):
    protocol, payload = packet[6], packet[40:]
    while len(payload) >= 8:
        if protocol in IPV6_EXTENSIONS:
            length = (payload[1] + 1) * 8
        elif protocol == IPV6_FRAGMENT:
            length = 8
            if int.from_bytes(payload[2:4], "big") >> 3:
                return payload[0], b""
        else:
            break
        protocol, payload = payload[0], payload[length:]
    return protocol, payload
