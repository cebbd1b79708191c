# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of the detection benchmark: its traffic, its rules, its arithmetic, and a small replay."""

import pathlib
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "data" / "traffic"), str(TESTS / "bench")]
