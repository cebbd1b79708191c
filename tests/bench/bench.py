#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmarks: ratios between edge25 and baselines that run beside it, on this machine.

usage: bench.py [--rounds N] [--output FILE] [FIGURE ...]

Everything happens in network namespaces of its own. Exit code 0: measured; 1: could not be
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
import figures  # noqa: E402
import gateways  # noqa: E402
import guard  # noqa: E402
import others  # noqa: E402
import sizes  # noqa: E402
from report import Report  # noqa: E402

ROUNDS = 5


FIGURES = {
    "generator": lambda report, rounds, directory: figures.generator(report, rounds),
    "refused": figures.refused_pairs,
    "first": figures.first_packets,
    "sizes": sizes.sizes,
    "allow": allow.allow,
    "other": others.other_traffic,
    "guard": guard.first_packets_of_guard,
    "contained": guard.containment,
    "socket": besieged.status_besieged,
}


def measure(names, rounds, output):
    """The figures of these names, or every one, and the file."""
    report = Report()
    with work_directory() as directory:
        for name in names or FIGURES:
            FIGURES[name](report, rounds, directory)
    report.write(output)


def main():
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Ratios between edge25 and baselines, in network "
                                                 "namespaces of their own.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE",
                        help=f"{', '.join(FIGURES)}; all when none is given")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--output", type=pathlib.Path, default=edge25.BUILD / "bench.json",
                        help="default: %(default)s")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("bench: network namespaces need root", file=sys.stderr)
        return 1
    unknown = set(arguments.figures) - set(FIGURES)
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
