#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Labelled traffic to port 25, as traces. It is synthetic: invented hosts on an invented internet,
each kind after the documented behaviour of programs or published descriptions of bots (named in
devices.py, senders.py, queues.py, bots.py). What holds here need not hold on a real network.

usage: generate.py --seed N [--hosts N] [--out DIR] [--list] [tuning | held-out | all | KIND ...]

Writes KIND.csv for each kind, with the columns t,src,dst,sport,dport,answered, and labels.csv with
host,kind,label,held_out. The same seed gives the same files, whichever kinds are asked for.
"""

import argparse
import functools
import pathlib
import random
import sys

sys.dont_write_bytecode = True

import devices  # noqa: E402
from internet import Internet  # noqa: E402
from kinds import BY_NAME, KINDS  # noqa: E402
from lines import Line, Moving  # noqa: E402

HOUR = 3600
HOSTS = 40        # of each kind; 250 at most
SILENT = 0.15     # lines whose refusals are drops instead of resets
HOUSEHOLD = 0.2   # bots beside which something harmless uses port 25 from the same address


@functools.lru_cache(maxsize=4)
def internet(seed, version):
    return Internet(seed, version)


def place(kind, number, silent, rand):
    """Where this host is: its address as the trace has it, its name, its IPv6 prefix and the length
    of that. The ranges of replay.conf are by what a policy does: where refusals are silent, 100.96 and
    2001:db8:x8xx."""
    index = KINDS.index(kind)
    if rand.random() >= kind.ipv6:
        block = f"198.18.{index}" if kind.passed else \
            f"100.{(96 if silent else 64)}.{index}"
        address = f"{block}.{number + 2}"
        return address, address, None, 0
    # Lines of 2001:db8:1000::/36 have a /64 each, those of 2001:db8:5000::/36 a /56.
    length = 56 if rand.random() < 0.5 and kind.moving else 64
    third = (0x5000 if length == 56 else 0x1000) + (0x800 if silent else 0) + index
    high = (0x20010db8 << 96) | (third << 80)
    prefix = high | (number << 72 if length == 56 else number << 64)
    text = ":".join(f"{prefix >> shift & 0xffff:x}" for shift in (112, 96, 80, 64))
    return text + "::19", f"{text}::/{length}", prefix, length


def host(kind, seed, number):
    """The name of one host, and its rows."""
    rand = random.Random(f"{seed}/{kind.name}/{number}")
    traits = {"system": "windows" if rand.random() < kind.windows else "linux",
              "silent": rand.random() < SILENT, "patience": rand.choice((10, 30, 60))}
    address, name, prefix, length = place(kind, number, traits["silent"], rand)
    if prefix is not None and kind.moving:
        line = Moving(rand, address, prefix, length, rand.choice(kind.moving), **traits)
    else:
        line = Line(rand, address, **traits)
    start = rand.uniform(0, 4 * HOUR)
    end = start + rand.uniform(*kind.hours) * HOUR
    around = internet(seed, 4 if prefix is None else 6)
    kind.play(line, around, start, end)
    if rand.random() < kind.submits:
        line.submit(start, end)
    if kind.bot and prefix is None and rand.random() < HOUSEHOLD:
        beside = Line(rand, address, silent=line.silent)
        rand.choice((devices.printer, devices.client_desktop))(beside, around, start, end)
        line.rows += beside.rows
    return name, line.rows


def trace(kind, seed, hosts):
    """Rows of all hosts of a kind in order of time, and the names of those that tried port 25."""
    names, rows = [], []
    for number in range(hosts):
        name, played = host(kind, seed, number)
        if any(row[4] == 25 for row in played):
            names.append(name)
            rows += played
    rows.sort()
    return names, rows


def write_rows(path, rows):
    """A trace."""
    with open(path, "w", encoding="ascii") as file:
        file.write("t,src,dst,sport,dport,answered\n")
        file.writelines("%.3f,%s,%s,%d,%d,%d\n" % row for row in rows)


def write(kind, seed, hosts, directory):
    """KIND.csv; returns the lines of labels.csv."""
    names, rows = trace(kind, seed, hosts)
    write_rows(directory / f"{kind.name}.csv", rows)
    return [f"{name},{kind.name},{kind.label},{'yes' if kind.held_out else 'no'}\n"
            for name in names]


def chosen(words):
    """The kinds that are meant; ValueError names what is none."""
    groups = {"all": KINDS, "held-out": [kind for kind in KINDS if kind.held_out],
              "tuning": [kind for kind in KINDS if not kind.held_out]}
    wanted = set()
    for word in words or ["all"]:
        if word not in groups and word not in BY_NAME:
            raise ValueError(word)
        wanted |= {kind.name for kind in groups.get(word) or [BY_NAME[word]]}
    return [kind for kind in KINDS if kind.name in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=HOSTS, help="of each kind (%(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--list", action="store_true", help="the kinds, their labels, what they are for")
    arguments = parser.parse_args()
    try:
        kinds = chosen(arguments.kinds)
    except ValueError as error:
        parser.error(f"no kind: {error}")
    if arguments.list:
        for kind in kinds:
            print(f"{kind.name:<20} {kind.label:<4}{'held-out' if kind.held_out else 'tuning':<10}"
                  f"{'alike' if kind.alike else ''}")
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    labels = [line for kind in kinds
              for line in write(kind, arguments.seed, arguments.hosts, arguments.out)]
    with open(arguments.out / "labels.csv", "w", encoding="ascii") as file:
        file.write("host,kind,label,held_out\n")
        file.writelines(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
