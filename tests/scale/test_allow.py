# SPDX-License-Identifier: GPL-2.0-or-later
"""A list of a hundred thousand allow entries: in, out, and what it costs everybody else."""

import os
import threading
import time

from lab.edge25 import CONTROL, ENGINE, HOME
from lab.gate import Flow
from lab.host import SLOWNESS
from lab.lists import Connection, Lists, csv_text, hosts

ENTRIES = 100_000
LONGEST_STALL = 2.0   # seconds that nobody else is answered
MEMORY = 160 << 20    # bytes that control may grow by while the list is compared


def memory(daemon, program, what):
    """Bytes of a process: VmRSS now, VmHWM at most."""
    with open(f"/proc/{daemon.pid(program)}/status", encoding="ascii") as file:
        return int(file.read().partition(what + ":")[2].split()[0]) << 10


class Asker:
    """Context manager: a client that asks for a short page all the time; the longest wait."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.longest = 0.0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._over.set()
        self._thread.join()

    def _ask(self):
        with Connection(self._daemon) as connection:
            while not self._over.is_set():
                start = time.monotonic()
                assert "result" in connection.call("allow.check", src="100.64.0.2")
                self.longest = max(self.longest, time.monotonic() - start)
                time.sleep(0.002)


def worked(daemon, program):
    """Seconds of a processor that a process has had."""
    with open(f"/proc/{daemon.pid(program)}/stat", encoding="ascii") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(call, *arguments):
    """Seconds, and what it returned."""
    start = time.monotonic()
    result = call(*arguments)
    return time.monotonic() - start, result


def test_a_hundred_thousand_entries(edge25, gate, topology, figure):
    daemon = edge25(HOME)
    lists = Lists(daemon)
    flow, = gate.flows(topology.subscribers[0])
    rows = [[host, "", "", f"customer {number}"]
            for number, host in enumerate(hosts(ENTRIES - 1, "100.70.0.0"))]
    rows.append([flow.address, "", "", "the one that is looked at"])
    path = lists.write(csv_text(rows))
    gate.refuses(flow)
    before, idle = memory(daemon, CONTROL, "VmRSS"), worked(daemon, CONTROL)
    with Asker(daemon) as asker:
        seconds, reply = timed(daemon.ctl, "allow", "import", path)
    assert reply["added"] == ENTRIES and reply["applied"]
    gate.passes(flow)
    grown = memory(daemon, CONTROL, "VmHWM") - before
    figure("import", f"{seconds:.1f} s; others waited {asker.longest:.2f} s at most; control "
                     f"worked {worked(daemon, CONTROL) - idle:.1f} s, +{grown >> 20} MiB at most, +{(memory(daemon, CONTROL, 'VmRSS') - before) >> 20} "
                     f"MiB after; engine {memory(daemon, ENGINE, 'VmRSS') >> 20} MiB")
    assert asker.longest < LONGEST_STALL * SLOWNESS and grown < MEMORY

    seconds, text = timed(lists.exported)
    figure("export", f"{seconds:.1f} s, {len(text) >> 20} MiB")
    exported = lists.write(text)
    with Asker(daemon) as asker:
        seconds, reply = timed(daemon.ctl, "allow", "import", exported, "--replace")
    assert (reply["added"], reply["removed"], reply["unchanged"]) == (0, 0, ENTRIES)
    figure("the same again", f"{seconds:.1f} s; others waited {asker.longest:.2f} s at most")

    with Asker(daemon) as asker:
        del_seconds, _ = timed(daemon.ctl, "allow", "del", 7)
        add_seconds, _ = timed(daemon.ctl, "allow", "add", "--from", "100.80.0.1", "--to",
                               "203.0.113.25", "--comment", "one more")
    figure("one", f"added in {1000 * add_seconds:.0f} ms, removed in {1000 * del_seconds:.0f} ms; "
                  f"others waited {asker.longest:.2f} s at most")
    seconds, reply = timed(daemon.ctl, "allow", "list", "--order", "hits", "--limit", 10)
    assert len(reply["entries"]) == 10
    figure("list", f"ten of them by hits: {seconds:.2f} s")
    with Asker(daemon) as asker:
        seconds, reply = timed(daemon.ctl, "allow", "import", "--replace",
                               lists.write(csv_text(rows[-1:])))
    assert reply["removed"] == ENTRIES - 1 and reply["applied"]
    figure("removal", f"{seconds:.1f} s; others waited {asker.longest:.2f} s at most")
    gate.passes(flow)
    gate.refuses(Flow(topology.subscribers[1], flow.destination))
