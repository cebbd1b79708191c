#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmarks: ratios between edge25 and baselines that run beside it, on this machine.

usage: bench.py [--rounds N] [--output FILE] [FIGURE ...]
       bench.py --markdown [FILE ...]

Without a FIGURE all that is asked of edge25 is measured, in ten minutes. Everything happens in network namespaces of its own. Exit code 0: measured; 1: could not be
measured, or what happened is not what was to be measured; 130: interrupted.
"""

import argparse
import os
import pathlib
import sys
import time

sys.dont_write_bytecode = True  # root's files do not belong in the tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "net"))

from lab import edge25  # noqa: E402
from lab.host import LabError, leave_by_exception, work_directory  # noqa: E402
from lab.namespaces import sweep  # noqa: E402

import allow  # noqa: E402
import besieged  # noqa: E402
import bulk  # noqa: E402
import connections  # noqa: E402
import first  # noqa: E402
import flooded  # noqa: E402
import gateways  # noqa: E402
import guard  # noqa: E402
import memory  # noqa: E402
import others  # noqa: E402
import programs  # noqa: E402
import queues  # noqa: E402
import refused  # noqa: E402
import sizes  # noqa: E402
import start  # noqa: E402
from report import Report, markdown  # noqa: E402

ROUNDS = 5
LAST = 520  # seconds after which no more begins, when all is measured: none takes as long as 80

# What make bench measures: every row of asked.py.
FIGURES = {
    "generator": refused.generator,
    "refused": refused.refused_pairs,
    "first": first.first_packets,
    "queues": queues.two_queues,
    "setup": connections.connections,
    "flooded": flooded.flooded,
    "other": others.other_traffic,
    "bulk": bulk.bulk,
    "contained": guard.containment,
    "start": start.start,
    "memory": memory.memory,
    "programs": programs.programs,
}
# What is measured when it is named: it takes long, or nothing is asked of it.
MORE = {
    "sizes": sizes.sizes,
    "allow": allow.allow,
    "switches": others.switches,
    "guard": guard.first_packets_of_guard,
    "socket": besieged.status_besieged,
}


def measure(names, rounds, output):
    """The figures of these names, or what is asked, and the file."""
    report, failed = Report(), []
    deadline = time.monotonic() + LAST
    with work_directory() as directory:
        for name in names or FIGURES:
            if not names and time.monotonic() > deadline:
                report.note(f"{name}: not measured, there is no more time")
                continue
            try:
                with report.timed(name):
                    {**FIGURES, **MORE}[name](report, rounds, directory)
            except LabError as error:  # the others are worth their time
                failed.append(f"{name}: {error}")
                report.note(f"{name}: not measured: {error}")
    report.summary()
    report.write(output)
    if failed:
        raise LabError("; ".join(failed))


def main():
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Ratios between edge25 and baselines, in network "
                                                 "namespaces of their own.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE",
                        help=f"{', '.join(FIGURES)}, which are measured when none is named; "
                             f"{', '.join(MORE)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--output", type=pathlib.Path, default=edge25.BUILD / "bench.json",
                        help="default: %(default)s")
    parser.add_argument("--markdown", action="store_true",
                        help="print what is asked, as README.md has it, of files measured before "
                             "(where a figure is in several: of the last)")
    arguments = parser.parse_args()
    if arguments.markdown:
        print(markdown(list(map(pathlib.Path, arguments.figures)) or [arguments.output]))
        return 0
    if os.geteuid() != 0:
        print("bench: network namespaces need root", file=sys.stderr)
        return 1
    unknown = set(arguments.figures) - set(FIGURES) - set(MORE)
    if unknown:
        parser.error(f"no figure: {' '.join(sorted(unknown))}")
    missing = edge25.missing_programs() + gateways.missing_programs()
    if missing:
        print(f"bench: not built: {' '.join(missing)}; run make bench", file=sys.stderr)
        return 1
    leave_by_exception()
    started = time.monotonic()
    try:
        sweep()
        measure(arguments.figures, arguments.rounds, arguments.output)
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; everything was taken away", file=sys.stderr)
        return 130
    print(f"measured in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
