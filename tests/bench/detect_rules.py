# SPDX-License-Identifier: GPL-2.0-or-later
"""What others go by, on the same traces. Each rule gives the time of its first alarm by source.

Where a program's alarm needs something that a trace does not have, the rule here is given what
makes it alarm sooner; where that is so it says so.
"""

ZEEK_HOSTS, ZEEK_EPOCH = 25, 300
NTOPNG_CONTACTS = 5
LIMIT, UNANSWERED, ANSWERED = 30, 5, 10
MAIL_PORTS = (25, 465, 587)


def zeek(rows):
    """Address_Scan of Zeek's policy/misc/scan (3.0 to 6.0; removed since): from one address, on one
    port, connections that failed (no answer, or a reset) to 25 different hosts within an epoch of
    5 minutes. Epochs follow each other and forget (SumStats), they do not slide. A failure counts
    here when its first packet is sent; Zeek waits some seconds for an answer."""
    called, seen, epoch = {}, {}, 0
    for t, source, destination, _, port, answered in rows:
        if port != 25 or answered or source in called:
            continue
        if t // ZEEK_EPOCH != epoch:
            epoch = t // ZEEK_EPOCH
            seen.clear()
        hosts = seen.setdefault(source, set())
        hosts.add(destination)
        if len(hosts) >= ZEEK_HOSTS:
            called[source] = t
    return called


def ntopng(rows):
    """The host check "SMTP server contacts" of ntopng (off by default, threshold 5): the servers
    that a local host has had SMTP or SMTPS flows with since ntopng keeps it in memory, more than 5
    of them. ntopng estimates (HyperLogLog, 32 registers) and looks at intervals; here they are
    counted, and at once. That a refused opening is a flow with a server depends on nDPI's guess by
    the port, which is taken for granted here."""
    called, seen = {}, {}
    for t, source, destination, _, port, _ in rows:
        if port in MAIL_PORTS and source not in called:
            servers = seen.setdefault(source, set())
            servers.add(destination)
            if len(servers) > NTOPNG_CONTACTS:
                called[source] = t
    return called


def connection_limit(rows):
    """The recipe for MikroTik routers that many pages have, "chain=forward protocol=tcp dst-port=25
    connection-limit=30,32 limit=50,5 action=add-src-to-address-list": more than 30 connections to
    port 25 at the same time from one address. An opening that nobody answers counts for 5 s after
    its last packet (RouterOS: tcp-syn-sent-timeout), also where a reset would have ended it; a
    delivery is taken to last 10 s. `limit` only bounds how often the rule is evaluated."""
    called, current = {}, {}
    for t, source, destination, number, port, answered in rows:
        if port != 25 or source in called:
            continue
        connections = current.setdefault(source, {})
        connections[destination, number] = t + (ANSWERED if answered else UNANSWERED)
        if len(connections) > LIMIT:
            for key in [key for key, until in connections.items() if until <= t]:
                del connections[key]
            if len(connections) > LIMIT:
                called[source] = t
    return called


RULES = {"Zeek 25": zeek, "ntopng 5": ntopng, "limit 30": connection_limit}
