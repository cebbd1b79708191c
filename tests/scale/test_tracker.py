# SPDX-License-Identifier: GPL-2.0-or-later
"""The tracker under a flood of ten million invented sources."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("EDGE25_BUILD", "build")


def test_ten_million_sources_push_out_nobody_of_interest(figure):
    program = BUILD / "unit" / "control" / "tracker_flood"
    subprocess.run(["make", "-s", "-C", ROOT, program.relative_to(ROOT)], check=True)
    done = subprocess.run([program], env=os.environ | {"EDGE25_FLOOD": "10000000"},
                          capture_output=True, text=True, check=False, timeout=600)
    assert not done.returncode, done.stdout + done.stderr
    figure("flood", next(line for line in done.stdout.splitlines() if " sources: " in line))
