# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the programs are, as a package would have them."""

import shutil
import subprocess

from lab.edge25 import BUILD

from report import Row

PROGRAMS = ("edge25-engine", "edge25-control", "edge25d", "edge25ctl", "edge25-notify",
            "edge25-replay")  # what make install installs


def programs(report, _rounds, directory):
    """Each of them without symbols."""
    rows = []
    for name in PROGRAMS:
        copy = directory / name
        shutil.copy(BUILD / name, copy)
        subprocess.run(["strip", copy], check=True)
        rows.append(Row(name, [copy.stat().st_size / 1000], []))
    together = [sum(row.values[0] for row in rows)]
    report.title("10  THE PROGRAMS", "Stripped, as make built them here.")
    report.table("size", "kB", [*rows, Row("together", together, [])])
    report.answer("programs", together)
