# SPDX-License-Identifier: GPL-2.0-or-later
"""A small trace through build/edge25-replay: what it has always said. `UPDATE=1` writes it anew."""

import os
import pathlib

import detect
import generate
import pytest
from kinds import BY_NAME

SEED, HOSTS = 1, 2
KINDS = ["client-desktop", "printer", "camera-provider", "monitor", "newsletter-postfix",
         "server-daily", "bot-fast", "bot-slow", "bot-hammer", "passed-server", "passed-bot-slow"]
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "data" / "traffic" / "golden.txt"


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    """The hosts of these kinds in one trace, and what each is."""
    rows, kinds = [], {}
    for name in KINDS:
        names, more = generate.trace(BY_NAME[name], SEED, HOSTS)
        rows += more
        kinds |= dict.fromkeys(names, name)
    path = tmp_path_factory.mktemp("replay") / "trace.csv"
    generate.write_rows(path, sorted(rows))
    return path, kinds


def words(trace, configuration):
    """A line a host."""
    path, kinds = trace
    reports = detect.replay(path, configuration)
    assert len(reports) == len(kinds)
    for name, kind in kinds.items():
        report = reports[detect.score.network(name)]
        ever = "infected" if report["t_first_infected"] is not None else report["class"]
        yield f"{kind} {name} {ever} {report['attempts']} {report['destinations']}"


def test_what_it_says_of_a_small_trace(trace):
    lines = list(words(trace, detect.CONFIGURATION))
    if "UPDATE" in os.environ:
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="ascii")
    assert lines == GOLDEN.read_text(encoding="ascii").splitlines()


def test_it_says_otherwise_with_other_thresholds(trace, tmp_path):
    text = detect.CONFIGURATION.read_text(encoding="ascii")
    other = tmp_path / "replay.conf"
    other.write_text(text.replace("mode = block", "mode = block\n\tinfected-servers = 100000"),
                     encoding="ascii")
    called = [line for line in words(trace, other) if " infected " in line]
    assert not [line for line in called if line.startswith(("bot-fast", "bot-slow"))]


def test_every_host_has_its_reasons(trace):
    for report in detect.replay(trace[0], detect.CONFIGURATION).values():
        assert report["reasons"] and all(report["reasons"])


def test_a_trace_that_is_none_is_named(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("t,src,dst,sport,dport,answered\n0,100.64.0.2,nonsense,1,25,0\n")
    with pytest.raises(detect.Unmeasured, match="trace.csv.*2"):
        detect.replay(path, detect.CONFIGURATION)
