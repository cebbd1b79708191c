#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes tests/data/fuzz anew: one file a seed, in this machine's byte order where that matters.

Run it when the layout of a plan or a message changes, and commit what it writes.
"""

import json
import pathlib
import socket
import struct

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "fuzz"


def write(target, name, data):
    directory = DATA / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(data)


TCP = struct.pack("!HHIIBBHHH", 40000, 25, 1, 0, 0x50, 0x02, 64240, 0, 0)


def ipv4(payload, protocol=6, options=b"", fragment=0, total=None):
    header = 20 + len(options)
    return (
        struct.pack(
            "!BBHHHBBH4s4s",
            0x40 | header // 4,
            0,
            header + len(payload) if total is None else total,
            1,
            fragment,
            64,
            protocol,
            0,
            socket.inet_aton("100.64.3.7"),
            socket.inet_aton("203.0.113.25"),
        )
        + options
        + payload
    )


def ipv6(payload, following=6):
    return (
        struct.pack("!IHBB", 0x60000000, len(payload), following, 64)
        + socket.inet_pton(socket.AF_INET6, "2001:db8::7")
        + socket.inet_pton(socket.AF_INET6, "2001:db8:25::19")
        + payload
    )


def extension(following, length=0):
    return bytes([following, length]) + bytes(6 + 8 * length)


def packets():
    write("packet_parse", "ipv4-syn", ipv4(TCP))
    write("packet_parse", "ipv4-options", ipv4(TCP, options=b"\x94\x04\x00\x00" + b"\x01" * 36))
    write("packet_parse", "ipv4-first-fragment", ipv4(TCP[:8], fragment=0x2000))
    write("packet_parse", "ipv4-later-fragment", ipv4(TCP[8:], fragment=1))
    write("packet_parse", "ipv4-udp", ipv4(TCP[:8], protocol=17))
    write("packet_parse", "ipv4-total-too-short", ipv4(TCP, total=30))
    write("packet_parse", "ipv4-cut", ipv4(TCP)[:33])
    write("packet_parse", "ipv4-offset-4", ipv4(TCP[:12] + b"\x40" + TCP[13:]))
    write("packet_parse", "ipv6-syn", ipv6(TCP))
    write("packet_parse", "ipv6-hop-by-hop", ipv6(extension(60) + extension(6, 2) + TCP, 0))
    write("packet_parse", "ipv6-ah", ipv6(bytes([6, 4]) + bytes(22) + TCP, 51))
    write("packet_parse", "ipv6-first-fragment", ipv6(b"\x06\x00\x00\x01\x00\x00\x00\x01" + TCP, 44))
    write("packet_parse", "ipv6-later-fragment", ipv6(b"\x06\x00\x00\x09\x00\x00\x00\x01" + TCP, 44))
    write("packet_parse", "ipv6-long-chain", ipv6(extension(60) * 16 + extension(6) + TCP, 60))
    write("packet_parse", "ipv6-overlong-header", ipv6(bytes([6, 255]) + bytes(6) + TCP, 0))
    write("packet_parse", "empty", b"")


def requests():
    def line(**members):
        return json.dumps({"jsonrpc": "2.0", "id": 1, **members}).encode()

    whole = line(method="echo", params={
        "text": "a \u2192 b", "id": 7, "host": "2001:db8::1", "from": "100.64.0.0/10",
        "expires": "2h", "for": "10m", "always": True, "limit": 5, "order": "newest", "to": "mx.example.net",
        "since": "1h", "kinds": ["worst"], "ids": [1, 2], "entries": [{"from": "100.64.0.1"}]})
    write("rpc_handle", "whole", whole)
    write("rpc_handle", "cut", whole[:-9])
    write("rpc_handle", "notification", b'{"jsonrpc":"2.0","method":"echo"}')
    write("rpc_handle", "not-permitted", line(method="change"))
    write("rpc_handle", "unknown", line(method="\x1b[2J", params={"\x00": []}))
    write("rpc_handle", "host-bits", line(method="echo", params={"from": "100.64.0.1/10"}))
    write("rpc_handle", "nested", b"[" * 17)
    write("rpc_handle", "deep", line(method="echo", params={"text": [[[[{}]]]]}))
    write("rpc_handle", "twice", b'{"id":1,"id":2}')
    write("rpc_handle", "bytes", bytes(range(128, 256)) + b'\\"\\')
    write("rpc_handle", "large-number", line(method="echo", params={"id": 10 ** 400}))


def settings(**changes):
    values = {
        "mark_mask": 0xFF000000,
        "queue_first": 0,
        "queue_count": 2,
        "queue_length": 1024,
        "refused_size": 65536,
        "passed_size": 65536,
        "tally_size": 65536,
        "refused_timeout": 300,
        "passed_timeout": 300,
        "tally_timeout": 3600,
        "read_interval": 10,
        "reject_rate": 200,
        "verify_interval": 3600,
        "queue_rate": 50000,
        "own_table": 0,
        "check_sources": 0,
        "refuse_headless": 1,
        "refuse_tunnels": 0,
        "router_policy": 255,
        "reserved": 0,
    }
    values.update(changes)
    return struct.pack("=IHH12I4BI", *values.values())


def policy(name, number, mode, deny, safe, host=64):
    return struct.pack("=32s5B7xIII", name, number, mode, deny, safe, host, 100, 300, 60)


def element(kind, family, exact, ends, number=0, expires=0, way=0):
    packed = b"".join(end.ljust(16, b"\0") for end in ends)
    return struct.pack("=4BI64sQ", kind, family, exact, way, number, packed, expires)


def plan(policies=(), interfaces=(), places=(), allows=(), intervals4=(), place_intervals4=(),
         intervals6=(), place_intervals6=(), ways=0, **changes):
    body = b"".join(policies + interfaces + places + allows + intervals4 + place_intervals4
                    + intervals6 + place_intervals6)
    counts = [len(x) for x in (policies, interfaces, allows, intervals4, intervals6)]
    more = [len(x) for x in (places, place_intervals4, place_intervals6)]
    head = struct.pack("=IIQ6I4I", 0x65323570, 3, 120 + len(body), *counts, 0, *more, ways)
    return head + settings(**changes) + body


def plans():
    net = [bytes([10, 0, 0, 0]), bytes([10, 255, 255, 255]), b"", b""]
    host = [b"", b"", bytes([203, 0, 113, 25]), bytes([203, 0, 113, 25])]
    full = {
        "policies": (policy(b"home", 0, 1, 2, 1), policy(b"business", 3, 2, 2, 2, 56)),
        "interfaces": (struct.pack("=16sII", b"br-lan", 0, 0),
                       struct.pack("=16sII", b"ppp*", 3, 0)),
        "places": (struct.pack("=16sII", b"eth1", 1, 0), struct.pack("=16sII", b"eth*", 1, 1)),
        "place_intervals4": (struct.pack("=III", 0x0A000000, 0x0AFFFFFF, 0),
                             struct.pack("=III", 0, 0xFFFFFFFF, 3)),
        "place_intervals6": (bytes(16) + b"\xff" * 16 + b"\0\0\0\0",),
        "allows": (element(1, 4, 0, net, 7, 123456), element(2, 4, 1, host)),
        "intervals4": (
            struct.pack("=III", 0x64400000, 0x647FFFFF, 0),
            struct.pack("=III", 0xC0000200, 0xC00002FF, 3),
        ),
        "intervals6": (b"\x20\x01\x0d\xb8" + bytes(12) + b"\x20\x01\x0d\xb8" + b"\xff" * 12
                       + b"\x03\0\0\0",),
    }
    write("plan_open", "full", plan(**full))
    write("plan_open", "empty", plan())
    write("plan_open", "bad-mask", plan(mark_mask=0xFF00FF))
    write("plan_open", "router", plan(**full, router_policy=3))
    write("plan_open", "no-router", plan(**full, router_policy=2))
    watched = policy(b"watched", 15, 3, 2, 2)
    source = [bytes([10, 0, 0, 9]), bytes([10, 0, 0, 9]), b"", b""]
    ways = {**full, "policies": (*full["policies"], watched),
            "allows": (element(1, 4, 1, source, way=1), element(1, 4, 1, source, way=3))}
    write("plan_open", "ways", plan(**ways, ways=2))
    write("plan_open", "ways-unannounced", plan(**ways))
    write("plan_open", "no-watched", plan(**{**ways, "policies": full["policies"]}, ways=2))
    write("plan_open", "cut", plan(**full)[:-1])
    write("plan_open", "no-policy", plan(**{**full, "policies": ()}))
    write("plan_open", "places-reversed", plan(**{**full, "places": full["places"][::-1]}))
    write("plan_open", "reversed", plan(**{**full, "intervals4": full["intervals4"][::-1]}))


SIZES = {1: 88, 2: 8, 3: 88, 4: 0, 5: 256, 6: 64, 7: 80, 8: 32, 9: 32, 10: 56, 11: 0,
         12: 8, 13: 8, 14: 408, 15: 192, 16: 64, 17: 24, 18: 50, 19: 240}
SINGLE = 1, 2, 5, 12, 13, 15, 17
VERSION = 3  # MESSAGE_VERSION


def messages():
    for kind, size in SIZES.items():
        count = 0 if size == 0 else 1 if kind in SINGLE else 3
        head = struct.pack("=HHIQ", VERSION, kind, count, 25)
        write("message_check", f"type-{kind}", head + (bytes(range(256)) * 2)[:size] * count)
    write("message_check", "version-1", struct.pack("=HHIQ", 1, 4, 0, 1))
    write("message_check", "huge-count", struct.pack("=HHIQ", VERSION, 6, 0xFFFFFFFF, 1))
    write("message_check", "cut", struct.pack("=HHIQ", VERSION, 6, 2, 1) + bytes(127))


PACKET_HDR, MARK, INDEV, HWADDR, PAYLOAD = 1, 3, 5, 9, 10  # enum nfqnl_attr_type


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def question(*attributes, length=None):
    body = struct.pack("!BBH", 2, 0, 2500) + b"".join(attributes)
    length = 16 + len(body) if length is None else length
    return struct.pack("=IHHII", length, 0x0300, 0, 0, 0) + body


def questions():
    header = attribute(PACKET_HDR, struct.pack("!IHB", 7, 0x0800, 0))
    mark = attribute(MARK, struct.pack("!I", 0x40000000))
    usual = (header, mark, attribute(INDEV, struct.pack("!I", 2)),
             attribute(HWADDR, struct.pack("!HH8s", 6, 0, b"\x02\xe2\x05\0\1\2")))
    write("question_parse", "ipv4", question(*usual, attribute(PAYLOAD, ipv4(TCP))))
    write("question_parse", "ipv6", question(*usual, attribute(PAYLOAD, ipv6(TCP))))
    write("question_parse", "guard", question(
        header, attribute(MARK, struct.pack("!I", 0x42000000)), attribute(PAYLOAD, ipv6(TCP))))
    talk = struct.pack("!HHIIBBHHH", 25, 40000, 1, 1, 0x50, 0x18, 64240, 0, 0)
    write("question_parse", "handshake", question(header, attribute(PAYLOAD, ipv4(talk))))
    write("question_parse", "no-payload", question(*usual))
    write("question_parse", "no-header", question(*usual[1:]))
    write("question_parse", "short-header", question(attribute(PACKET_HDR, bytes(3)), mark))
    write("question_parse", "short-mark", question(header, attribute(MARK, bytes(2))))
    write("question_parse", "overlong-attribute", question(header, struct.pack("=HH", 200, MARK)))
    write("question_parse", "empty-attribute", question(header, bytes(8)))
    write("question_parse", "overlong-message", question(*usual, length=4096))


DNSMASQ = b"""\
1796130000 02:00:5e:10:00:01 192.168.1.23 printer 01:02:00:5e:10:00:01
0 06-02:00:5e:10:00:03 192.168.1.25 * ff:00
43200 01-02:00:5e:10:00:05 192.168.1.27 no-clock *
duid 00:01:00:01:2a:10:20:30:02:00:5e:10:00:fe
1796130200 7234561 2001:db8::17 printer 00:01:00:01:2a:10:20:30:02:00:5e:10:00:01
1796130300 T99 2001:db8::18 * 00:03:00:01:02:00:5e:10:00:06
"""
ODHCPD = b"""\
# br-lan 000100012a10203002005e100001 1a2b printer 1796130000 17 128 2001:db8::17/128 fd00::17/128
2001:db8::17\tprinter.lan\tprinter
# br-lan 0003000102005e100002 1 - -1 10 60 2001:db8:0:10::/60
# br-lan 02005e100001 ipv4 broken\\x20my phone 1796130000 c0a80117 32 192.168.1.23/32
# br-lan 02:0:5e:10:0:2 ipv4 broken\\x20a\\x0a\\x5c 0 c0a80118 32 192.168.1.24/32
"""
ISC = b"""\
authoring-byte-order little-endian;
lease 192.168.1.100 {
  starts 2 2026/12/01 08:00:00;
  ends 2 2026/12/01 20:00:00; # a comment
  binding state active;
  hardware ethernet 02:00:5e:10:00:01;
  uid "\\001\\002\\000^";
  set vendor-class-identifier = "dhcpcd; {";
  on expiry { execute ("x"); }
  client-hostname "evil\\033[31m\\"; }";
}
lease 192.168.1.101 { ends never; binding state free; }
lease 192.168.1.102 {
  ends epoch 1796130000;
  set ddns-fwd-name = "box.example";
}
"""
ISC6 = b"""\
ia-na "\\001\\000\\000\\000\\000\\001\\000\\001*\\020 0\\002\\000^\\020\\000\\001" {
  cltt 2 2026/12/01 08:00:00;
  iaaddr 2001:db8::100 {
    binding state active;
    ends 2 2026/12/01 20:00:00;
  }
}
ia-pd 01:00:00:00:00:03:00:01:02:00:5e:10:00:02 {
  iaprefix 2001:db8:100::/56 { binding state active; }
}
"""
KEA4 = b"""\
address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context
192.0.2.10,02:00:5e:10:00:01,01:02,3600,1796130000,1,0,0,old,0,
192.0.2.11,02:00:5e:10:00:02,,4294967295,6091097295,1,0,0,a&#x2cb&#x1b&#x26#x,0,{ }
192.0.2.10,02:00:5e:10:00:01,01:02,0,1796133600,1,0,0,new,2,
"""
KEA6 = b"""\
address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname
2001:db8:1::10,00:01:00:01:2a:10:20:30:02:00:5e:10:00:01,200,1796130000,8,100,0,7,128,1,1,a.example
2001:db8:100::,00:03:00:01:02:00:5e:10:00:02,200,1796130000,8,100,2,7,56,0,0,
"""
LABELS = b"""\
# customers
100.64.3.7\tcustomer 4711, Main Street 5
100.64.3.0/24 block C # rented
2001:db8:7::/48 M\xc3\xbcller#2\r
100.64.3.8 \xff\x1b[2J \\"""


def leases():
    for target, seeds in {"lease_dnsmasq": [DNSMASQ], "lease_odhcpd": [ODHCPD],
                          "lease_isc": [ISC, ISC6], "lease_kea": [KEA4, KEA6],
                          "label_file": [LABELS]}.items():
        for number, text in enumerate(seeds):
            write(target, f"whole-{number}", text)
            write(target, f"cut-{number}", text[:len(text) * 2 // 3])
        write(target, "empty", b"")


NDA_DST, NDA_LLADDR = 1, 2
NEWNEIGH, DELNEIGH, REACHABLE, FAILED = 28, 29, 2, 32


def neighbour(kind, family, state, *attributes, length=None):
    body = struct.pack("=BxxxiHBB", family, 2, state, 0, 1) + b"".join(attributes)
    length = 16 + len(body) if length is None else length
    return struct.pack("=IHHII", length, kind, 0, 0, 0) + body


def neighbours():
    mac = attribute(NDA_LLADDR, b"\x02\xe2\x05\0\1\2")
    ipv4 = attribute(NDA_DST, socket.inet_aton("100.64.3.7"))
    ipv6 = attribute(NDA_DST, socket.inet_pton(socket.AF_INET6, "2001:db8::7"))
    write("neighbour_read", "ipv4", neighbour(NEWNEIGH, 2, REACHABLE, ipv4, mac))
    write("neighbour_read", "ipv6", neighbour(NEWNEIGH, 10, REACHABLE, ipv6, mac))
    write("neighbour_read", "gone", neighbour(DELNEIGH, 2, REACHABLE, ipv4, mac))
    write("neighbour_read", "failed", neighbour(NEWNEIGH, 2, FAILED, ipv4))
    write("neighbour_read", "wrong-family", neighbour(NEWNEIGH, 10, REACHABLE, ipv4, mac))
    write("neighbour_read", "bridge", neighbour(NEWNEIGH, 7, REACHABLE, mac))
    write("neighbour_read", "overlong-attribute",
          neighbour(NEWNEIGH, 2, REACHABLE, struct.pack("=HH", 200, NDA_DST)))
    write("neighbour_read", "overlong-message", neighbour(NEWNEIGH, 2, 2, ipv4, length=4096))
    write("neighbour_read", "short", struct.pack("=IHHII", 20, NEWNEIGH, 0, 0, 0) + b"\x02\0\0\0")


def traces():
    row = b"0.5,100.64.3.7,198.51.100.1,40000,25,0\n"
    write("trace_next", "header", b"t,src,dst,sport,dport,answered\n" + row)
    write("trace_next", "ipv6", row + b"1,2001:db8::7,2001:db9::25,0,587,1\r\n")
    write("trace_next", "backwards", row + b"0,100.64.3.7,198.51.100.1,40000,25,0\n")
    write("trace_next", "families", b"1,100.64.3.7,2001:db8::1,1,25,0\n")
    write("trace_next", "long", b"1" * 600)
    write("trace_next", "no-fields", row + b"\n" + row)
    write("trace_next", "zero", row + b"1,100.64.3.7\0,198.51.100.1,1,25,0\n")


def incident(identity, change, state="open", name="suspect", **other):
    return json.dumps({"id": identity, "change": change, "state": state, "host": "100.64.3.7",
                       "class": name, "action": "refused", **other}).encode() + b"\n"


def notices():
    opened, closed = incident(1, 5), incident(1, 9, "closed")
    write("notify_gather", "one", opened + b"run\n")
    write("notify_gather", "life", opened + b"run\n" + incident(1, 7, name="infected") + b"run\n" +
          closed + b"run\n")
    write("notify_gather", "joined", opened + closed + b"run\n")
    write("notify_gather", "digest", b"".join(incident(n, n) for n in range(1, 6)) + b"\n")
    write("notify_gather", "left-out", b"".join(incident(n, n) for n in range(1, 6)) +
          incident(5, 6, "closed") + b"\n")
    write("notify_gather", "hostile", incident(1, 1, name="infected", host="$(reboot)",
                                               reasons=["a\x1b\x7f[31m\n\0\u202e"]) +
          incident(2, 2, host="::1/64\n", name="suspect") + b"run\n")
    write("notify_gather", "backwards", opened + incident(2, 4) + b"run\n")
    write("notify_gather", "types", b'[]\n1\n{"id":"1"}\n{"id":1,"change":1.5}\nrun\n')
    whole = b"edge25-notify 1\nchange 345\ngiven-up 2\nruns-left 7.500000 at 1795000000\n"
    write("notify_state", "empty", whole + b"end\n")
    write("notify_state", "whole", whole + b"incident 1 suspect refused\n"
          b"incident 12 infected contained\nend\n")
    write("notify_state", "cut", whole + b"incident 1 sus")
    write("notify_state", "negative", b"edge25-notify 1\nchange -1\nend\n")
    write("notify_state", "not-a-number", b"edge25-notify 1\nruns-left nan at 1\nend\n")
    write("notify_state", "long-word", b"edge25-notify 1\nincident 1 sixteen-letters- x\nend\n")


def lists():
    write("csv_in", "plain", b"from,to,expires,comment\n100.64.3.7,,2h,ticket 42\n")
    write("csv_in", "quoted", b'\xef\xbb\xbf"from","comment"\r\n"::1","say ""please"", twice"\r\n')
    write("csv_in", "open", b'a,"b\nc,d"e\n"f"g\n')
    write("csv_in", "bytes", b"a\0b,c\rd\n\xff\xc3,\xe6\x9d\n")
    write("csv_in", "fields", b"," * 40)


leases()
lists()
traces()
neighbours()
notices()
packets()
requests()
plans()
messages()
questions()
