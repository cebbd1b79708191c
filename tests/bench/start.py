# SPDX-License-Identifier: GPL-2.0-or-later
"""A start with a million prefixes, beside the time that the kernel itself needs for them."""

import time

from gateways import KERNEL_LOAD, Gateway
from lab.edge25 import ENGINE
from report import Row, processor_times
from sizes import Sized

SIZE = 1_000_000
KERNEL = "the kernel itself"
SOON, MOMENT = 5, 0.2  # seconds
IDLE = 0.9  # of the processors' time


def start(report, rounds, directory):
    """Both, one after the other."""
    samples = []
    for _ in range(min(rounds, 3)):
        with Gateway() as gateway:
            kernel = float(gateway.namespace.run([KERNEL_LOAD, SIZE]).stdout)
        _let_idle()
        with Sized(directory, SIZE) as gateway:
            samples.append({"kernel": kernel, "edge25": gateway.ready,
                            "most": gateway.memory(ENGINE)})
        _let_idle()
    report.title("8  A START WITH A MILLION PREFIXES",
                 "edge25: from the start of edge25d until the plan is in force, in a new namespace. "
                 "The kernel itself: a bare program sends table, map and elements, which it has in "
                 "memory, in one batch; what the kernel then takes.")
    rows = [Row.of(name, samples, lambda one, key=key: 1000 * one[key])
            for name, key in ((KERNEL, "kernel"), ("edge25", "edge25"))]
    report.table("time", "ms", rows, [KERNEL])
    report.answer("start", rows[1].ratios(rows[0]))


def _let_idle():
    """The kernel frees what a namespace had when that is gone already: the next side does not share the
    processors with it."""
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline and _idle() < IDLE:
        pass


def _idle():
    """The share of the processors' time that nobody here used, in a moment from now."""
    before = processor_times()
    time.sleep(MOMENT)
    spent = [now - then for now, then in zip(processor_times(), before)]
    return (spent[3] + spent[4] + spent[7]) / sum(spent)
