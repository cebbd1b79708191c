# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of engine and control: at rest, and with what they keep."""

import ipaddress
import pathlib
import time

from lab.edge25 import CONTROL, ENGINE
from lab.host import wait_for

from lines import Line
from report import Row
from traffic import Load, generator

MIB = 1 << 20
ENGINE_REST = 4 * MIB
INTERVAL = {4: 12, 6: 36}  # bytes of the plan
CONTROL_REST = 16 * MIB
IDLE, ACTIVE = 64, 2048    # bytes of a host
COUNT = 100_000            # prefixes of each version
HOSTS, ACTIVES = 32_768, 8_192
TRIED = Load("hosts that try", 2 * HOSTS, most_sources=2 * HOSTS)
RATE = 30_000
SETTINGS = f"max-hosts = {HOSTS}\nmax-active = {ACTIVES}\ntally-hosts = 65536\nqueue-rate = 1000000"
SETTLED = 1.0  # seconds after which what a start needed is given back
PATIENCE = 60


def memory(report, rounds, directory):
    """Every figure of this file."""
    samples = [_measure(directory) for _ in range(min(rounds, 2))]
    plan = sum(COUNT * size for size in INTERVAL.values())
    hosts = IDLE * (HOSTS - ACTIVES) + ACTIVE * ACTIVES
    report.title("9  MEMORY",
                 "What a process has in memory (VmRSS; what it shares with others, libraries and "
                 "the plan, is part of it). Engine: with ten prefixes, and with "
                 f"{COUNT:,} of IPv4 and {COUNT:,} of IPv6; these may take {plan / MIB:.1f} MiB. "
                 f"Control: at the start, and with {ACTIVES:,} active hosts and "
                 f"{HOSTS - ACTIVES:,} idle ones, which may take {hosts / MIB:.1f} MiB.")
    report.table("in memory", "MiB", [
        Row.of(name, samples, lambda sample, name=name: sample[name] / MIB) for name in samples[0]],
        digits=2)
    report.answer("engine.rest", [sample["engine at rest"] / MIB for sample in samples])
    report.answer("engine.plan", [sample["engine with prefixes"] / (ENGINE_REST + plan)
                                  for sample in samples])
    report.answer("control.memory", [max(
        sample["control at the start"] / CONTROL_REST,
        sample["control with hosts"] / (CONTROL_REST + hosts)) for sample in samples])


def _measure(directory):
    found = {}
    with Line(directory, "few", 10, settings=SETTINGS) as line:
        wait_for(lambda: line.daemon.status()["fresh"], "a reading")
        time.sleep(SETTLED)
        found["engine at rest"] = _resident(line, ENGINE)
        found["control at the start"] = _resident(line, CONTROL)
        with generator(line.topology.gateway, TRIED, rate=RATE, interface="sub0"):
            wait_for(lambda: _is_full(line), lambda: str(line.daemon.status()["hosts"]), PATIENCE)
        found["control with hosts"] = _resident(line, CONTROL)
    with Line(directory, "many", COUNT, more=_prefixes6(COUNT)) as line:
        line.daemon.ctl("ruleset", "verify")  # no look at the table goes on any more
        time.sleep(SETTLED)
        found["engine with prefixes"] = _resident(line, ENGINE)
    return found


def _is_full(line):
    hosts = line.daemon.status()["hosts"]
    return (hosts["count"], hosts["active"]) == (HOSTS, ACTIVES)


def _resident(line, program):
    text = pathlib.Path(f"/proc/{line.daemon.pid(program)}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) << 10


def _prefixes6(count):
    """Every other /64, as make_prefixes() has it."""
    first = int(ipaddress.ip_address("2001:db8:8000::"))
    return "".join(f"{ipaddress.ip_address(first + (number << 65))}/64\n"
                   for number in range(count))
