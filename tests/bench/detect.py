#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is called infected: labelled, synthetic traffic (tests/data/traffic) through
build/edge25-replay with the default thresholds, and through what others go by.

usage: detect.py [--seed N] [--hosts N] [--output FILE] [tuning | held-out | all | KIND ...]

Exit code 0: measured, whatever came of it; 1: could not be measured.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAFFIC = ROOT / "tests" / "data" / "traffic"
BUILD = ROOT / os.environ.get("EDGE25_BUILD", "build")
sys.path.insert(0, str(TRAFFIC))

import detect_report  # noqa: E402
import detect_score as score  # noqa: E402
import generate  # noqa: E402
from detect_rules import RULES  # noqa: E402
from kinds import BY_NAME  # noqa: E402

REPLAY, CONFIGURATION = BUILD / "edge25-replay", TRAFFIC / "replay.conf"
SPEED = BUILD / "bench" / "tracker_speed"
EVALUATION_SEED = 25
SPEED_HOSTS, SPEED_ACTIVE, SPEED_EVENTS = (1000, 100000, 1000000), 4096, 1000000


class Unmeasured(Exception):
    """Why not."""


def replay(trace, configuration):
    """What edge25-replay says of a trace, by host."""
    done = subprocess.run([REPLAY, "-c", configuration, trace], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Unmeasured(f"edge25-replay: {done.stderr.strip() or done.returncode}")
    reports = map(json.loads, done.stdout.splitlines())
    return {score.network(report["host"]): report for report in reports}


def judge(kind, names, rows, reports):
    """The figures of one kind."""
    owners = score.Owners(names)
    first = score.first_tries(rows, owners)
    missing = [name for name in names if score.network(name) not in reports]
    if missing:
        raise Unmeasured(f"{kind.name}: edge25-replay says nothing of {missing[0]}")
    mine = {name: reports[score.network(name)] for name in names}
    since = {rule: score.times(score.by_host(find(rows), owners), first)
             for rule, find in RULES.items()}
    for rule, key in ((score.EDGE25, "t_first_infected"), (score.SUSPECT, "t_first_suspect")):
        since[rule] = score.times({name: report[key] for name, report in mine.items()
                                   if report[key] is not None}, first)
    return {"kind": kind.name, "bot": kind.bot, "held_out": kind.held_out, "alike": kind.alike,
            "passed": kind.passed, "hosts": len(names), "rows": len(rows),
            "classes": score.classes(mine.values()),
            "alarms": {rule: len(values) for rule, values in since.items()},
            "seconds": since, "reports": mine}


def measure(name, seed, hosts):
    """One kind, in a process of its own."""
    kind = BY_NAME[name]
    with tempfile.TemporaryDirectory(prefix="edge25-detect-") as directory:
        names, rows = generate.trace(kind, seed, hosts)
        trace = pathlib.Path(directory) / f"{name}.csv"
        generate.write_rows(trace, rows)
        return judge(kind, names, rows, replay(trace, CONFIGURATION))


def speed():
    """Events a second through the tracker, and bytes a host, alone on the machine."""
    def run(hosts):
        done = subprocess.run([SPEED, str(hosts), str(SPEED_ACTIVE), str(SPEED_EVENTS)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unmeasured(f"tracker_speed: {done.stderr.strip() or done.returncode}")
        return json.loads(done.stdout)
    return [run(hosts) for hosts in SPEED_HOSTS]


def _measure(arguments):
    return measure(*arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--seed", type=int, default=EVALUATION_SEED, help="default: %(default)s")
    parser.add_argument("--hosts", type=int, default=generate.HOSTS,
                        help="of each kind, default: %(default)s")
    parser.add_argument("--output", type=pathlib.Path, default=BUILD / "detect.json",
                        help="default: %(default)s")
    parser.add_argument("--wrong", action="store_true",
                        help="also name the hosts that were called wrongly, and why")
    arguments = parser.parse_args()
    try:
        kinds = generate.chosen(arguments.kinds)
    except ValueError as error:
        parser.error(f"no kind: {error}")
    missing = [program for program in (REPLAY, SPEED) if not program.exists()]
    if missing:
        print(f"detect: not built: {missing[0]}; run make bench-detect", file=sys.stderr)
        return 1
    started = time.monotonic()
    work = [(kind.name, arguments.seed, arguments.hosts) for kind in kinds]
    try:
        with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
            results = pool.map(_measure, work, chunksize=1)
        speeds = [] if arguments.kinds else speed()
    except Unmeasured as error:
        print(f"detect: {error}", file=sys.stderr)
        return 1
    document = detect_report.document(results, speeds, arguments.seed)
    detect_report.show(document, results, arguments.wrong)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")
    print(f"measured in {time.monotonic() - started:.0f} s; {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
