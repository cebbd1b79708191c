# SPDX-License-Identifier: GPL-2.0-or-later
"""Named counters of a table, asked of the kernel itself: nft reads every element of every set
first, which takes seconds where many pairs are remembered.

Source: include/uapi/linux/netfilter/nf_tables.h, nfnetlink.h, linux/netlink.h.
"""

import errno
import os
import socket
import struct

from lab.host import LabError

NETLINK_NETFILTER = 12
NLM_F_REQUEST, NLM_F_DUMP = 0x001, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NFPROTO_INET = 1
NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWOBJ, NFT_MSG_GETOBJ = 10, 18, 19
NFTA_OBJ_TABLE, NFTA_OBJ_NAME, NFTA_OBJ_TYPE, NFTA_OBJ_DATA = 1, 2, 3, 4
NFT_OBJECT_COUNTER = 1
NFTA_COUNTER_PACKETS = 2
HEADER = struct.Struct("=IHHII")
GENERIC = struct.Struct("!BBH")  # nfgenmsg: family, version, resource
ATTRIBUTE = struct.Struct("=HH")


def read_counters(namespace, table):
    """{name: packets} of the counters of a table of family inet."""
    body = (GENERIC.pack(NFPROTO_INET, 0, 0) + _attribute(NFTA_OBJ_TABLE, table.encode() + b"\0")
            + _attribute(NFTA_OBJ_TYPE, struct.pack("!I", NFT_OBJECT_COUNTER)))
    header = HEADER.pack(HEADER.size + len(body), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETOBJ,
                         NLM_F_REQUEST | NLM_F_DUMP, 1, 0)
    counters = {}
    with namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.send(header + body)
        for message in _replies(link):
            attributes = _attributes(message[GENERIC.size:])
            name = attributes[NFTA_OBJ_NAME].rstrip(b"\0").decode()
            packets = _attributes(attributes[NFTA_OBJ_DATA])[NFTA_COUNTER_PACKETS]
            counters[name] = int.from_bytes(packets, "big")
    return counters


def _replies(link):
    """The payload of each object until the dump is done."""
    while True:
        data = link.recv(1 << 16)
        while data:
            length, kind, *_ = HEADER.unpack_from(data)
            payload = data[HEADER.size:length]
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                error = -struct.unpack_from("=i", payload)[0]
                raise LabError(f"counters: {errno.errorcode.get(error, error)}: "
                               f"{os.strerror(error)}")
            if kind == NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWOBJ:
                yield payload
            data = data[_aligned(length):]


def _attribute(kind, value):
    length = ATTRIBUTE.size + len(value)
    return ATTRIBUTE.pack(length, kind) + value + b"\0" * (_aligned(length) - length)


def _attributes(data):
    """{kind: value}; the flag for nested ones is left out of the kind."""
    found = {}
    while len(data) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(data)
        found[kind & 0x3fff] = data[ATTRIBUTE.size:length]
        data = data[_aligned(length):]
    return found


def _aligned(length):
    return length + 3 & ~3
