# SPDX-License-Identifier: GPL-2.0-or-later
"""The arithmetic of make bench: slices, ratios, bounds, and the table of README.md."""

import json

import pytest
from asked import ASKED, RATIO, Asked
from report import Report, Row, markdown
from slices import in_slices


@pytest.mark.parametrize("bounds, value, met", [
    ({"at_least": 0.5}, 0.5, True), ({"at_least": 0.5}, 0.49, False),
    ({"at_most": 4}, 4, True), ({"at_most": 4}, 4.01, False), ({}, 1e9, True)])
def test_bounds(bounds, value, met):
    assert Asked("key", "figure", "what", RATIO, **bounds).met(value) == met


def test_rows_have_keys_of_their_own():
    assert len({row.key for row in ASKED}) == len(ASKED)


def test_slices_alternate_and_are_summed():
    order = []

    def side(name, value):
        order.append(name)
        return {"frames": value, "ns": [value]}

    samples = in_slices(2, {"a": lambda: side("a", 1), "b": lambda: side("b", 10)}, slices=3)
    assert "".join(order) == 2 * "abbaab"
    assert samples == {"a": 2 * [{"frames": 3, "ns": [1, 1, 1]}],
                       "b": 2 * [{"frames": 30, "ns": [10, 10, 10]}]}


def test_ratios_are_those_of_each_round():
    base, mine = Row("base", [10, 20, 40], []), Row("mine", [5, 20, 30], [])
    assert mine.ratios(base) == [0.5, 1, 0.75]
    spread = mine.beside(base)
    assert (spread.median, spread.minimum, spread.maximum) == (0.75, 0.5, 1)


def test_what_is_missed_is_said(capsys, tmp_path):
    report = Report()
    report.answer("refused.port", [0.40, 0.44, 0.50])
    report.answer("first.paced", [2.5, 2.6, 2.7])
    report.summary()
    report.write(tmp_path / "bench.json")
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("MISSED") for line in lines if "beside tcp dport" in line] == [True]
    assert [line.endswith("MISSED") for line in lines if "without loss" in line] == [False]
    asked = json.loads((tmp_path / "bench.json").read_text())["asked"]
    assert {row["key"]: row["met"] for row in asked} == {"refused.port": False, "first.paced": True}


def test_markdown_takes_the_last_file(tmp_path):
    for name, values in (("a", [0.1]), ("b", [0.46])):
        report = Report()
        report.answer("refused.port", values)
        report.write(tmp_path / name)
    text = markdown([tmp_path / "a", tmp_path / "b"])
    assert "| >= 0.45 | 0.46 | 0.46, 0.46 |  |" in text and "missed" not in text
    assert "missed" in markdown([tmp_path / "b", tmp_path / "a"])
