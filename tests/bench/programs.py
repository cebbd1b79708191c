# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the programs are, as a package would have them."""

import shutil
import subprocess

from lab.edge25 import BUILD

from report import Row

ROUTER = ("edge25-engine", "edge25-control", "edge25d", "edge25ctl")
PROGRAMS = (*ROUTER, "edge25-notify")  # and edge25-replay, which is edge25-control


def stripped(name, directory):
    """Bytes of this program without symbols."""
    copy = directory / name
    shutil.copy(BUILD / name, copy)
    subprocess.run(["strip", copy], check=True)
    return copy.stat().st_size


def programs(report, _rounds, directory):
    """Each of them without symbols."""
    sizes = {name: stripped(name, directory) / 1000 for name in PROGRAMS}
    router = sum(sizes[name] for name in ROUTER)
    together = [sum(sizes.values())]
    report.title("11  THE PROGRAMS",
                 "Stripped, as make built them here. A router needs the first four. edge25-replay is "
                 "edge25-control.")
    report.table("size", "kB", [*(Row(name, [size], []) for name, size in sizes.items()),
                                Row("the first four", [router], []), Row("together", together, [])])
    report.answer("programs", together)
