# SPDX-License-Identifier: GPL-2.0-or-later
"""allow.add, from the request to the reply, by which the entry is stored and decides in the kernel: with
one range, with many, and with a million."""

import time

from lab.host import LabError

from report import Row
from sizes import Sized, asking
from traffic import FIRST_DESTINATION, FIRST_SOURCE, Load, inject, prefer_daemon

SIZES = (1, 100_000, 1_000_000)
EXACT = 300
PREFIXES = {1: 100, 100_000: 20, 1_000_000: 5}  # those that are no single hosts: a whole plan each
ONE = Load("one pair", 1)
SECONDS, RATE = 0.1, 200


def allow(report, rounds, directory):
    """Every figure of this file."""
    gathered = {}
    for size in SIZES:
        samples = gathered[size] = {"exact": [], "prefix": []}
        for _ in range(1 if size > 1 else min(rounds, 3)):
            with Sized(directory, size) as gateway:
                gateway.forward()
                prefer_daemon(gateway.daemon)
                _check_effect(gateway)
                samples["exact"].append(_add(gateway, (
                    f"203.{113 + number // 250}.0.{number % 250 + 2}" for number in range(EXACT))))
                samples["prefix"].append(_add(gateway, (
                    f"198.51.{number}.0/24" for number in range(PREFIXES[size]))))
    _report(report, gathered)


def _check_effect(gateway):
    """The pair is refused, remembered as such; once its entry is added its next packet goes on."""
    inject(gateway.namespace, ONE, SECONDS, rate=RATE)
    gateway.settle()
    if not _sent(gateway)[0]:
        raise LabError("the pair was not refused before")
    with asking(gateway) as ask:
        if not ask("allow.add", **{"from": FIRST_SOURCE}, to=FIRST_DESTINATION,
                   comment="bench")["applied"]:
            raise LabError("allow.add was not applied")
    refused, passed, frames = _sent(gateway)
    if refused or passed != frames:
        raise LabError(f"after the reply, of {frames} packets {refused} refused, {passed} forwarded")


def _sent(gateway):
    """Packets of the pair that were refused, and forwarded, and all."""
    before = gateway.refused(), gateway.forwarded()
    frames = inject(gateway.namespace, ONE, SECONDS, rate=RATE).frames
    return gateway.refused() - before[0], gateway.forwarded() - before[1], frames


def _add(gateway, destinations):
    """Milliseconds of one after the other, sorted."""
    taken = []
    with asking(gateway) as ask:
        for destination in destinations:
            started = time.monotonic()
            added = ask("allow.add", to=destination, comment="bench")
            taken.append(1000 * (time.monotonic() - started))
            if not added["applied"]:
                raise LabError(f"allow.add: {added}")
    return sorted(taken)


def _at(times, share):
    return times[min(len(times) - 1, int(len(times) * share))]


def _report(report, gathered):
    prefixes = ", ".join(f"{count} with {size:,} ranges" for size, count in PREFIXES.items())
    report.title("14  AN ALLOW ENTRY",
                 "allow.add, from the request to the reply, by which the entry is on the disk and "
                 "decides in the kernel; one after the other on one connection. Exact: "
                 f"{EXACT} of a destination each. Prefix: {prefixes}; for each the kernel gets a "
                 "whole new plan. With each number of ranges a pair that the kernel remembered as "
                 "refused was let through by an entry: after the reply every packet was forwarded. "
                 "edge25 and who asks come before other programs when a processor is free.")
    for kind in ("exact", "prefix"):
        for label, share in (("median", 0.5), ("99th of 100", 0.99)):
            report.table(f"{kind}, {label}", "us", [
                Row(f"{size:,} prefixes", [1000 * _at(times, share) for times in samples[kind]],
                    samples[kind]) for size, samples in gathered.items()], [f"{SIZES[0]:,} prefixes"])

