# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25ctl metrics: what Prometheus reads is what the wire had, every loss of status is in it, and a
file of it is whole."""

import re

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from lab.capture import Capture
from lab.edge25 import REPOSITORY
from lab.promise import eventually, kept_by

BLOCK = """\
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
"""
MONITOR = BLOCK.replace("block", "monitor")
NARROW = BLOCK + "remember-pairs = 16\nevents-per-second = 1\nevents-per-host = 1000\n"
RULES = REPOSITORY / "examples/edge25.rules.yml"


def families(text):
    """By OpenMetrics, and by the older format that node_exporter reads."""
    found = {family.name: family for family in openmetrics.text_string_to_metric_families(text)}
    older = list(parser.text_string_to_metric_families(text))
    assert sum(len(family.samples) for family in older) == \
        sum(len(family.samples) for family in found.values())
    return found


def values(edge25, name, label=None):
    """What a family's samples say, by a label."""
    samples = families(edge25.control("metrics").stdout)[name].samples
    return {sample.labels.get(label): sample.value for sample in samples}


@kept_by(BLOCK, broken_by=MONITOR)
def test_what_was_refused(edge25, gate, configuration, promise):
    daemon = edge25(configuration)
    line = gate.topology.subscribers[0]
    with Capture(line, expression="tcp port 25") as out:
        (gate.refuses if configuration == BLOCK else gate.passes)(
            *gate.flows(line, 4), *gate.flows(line, 3, 6))
    sent = len([packet for packet in out.openings() if packet.outgoing])
    assert sent >= 7

    def counted():
        assert values(daemon, "edge25_policy_refused_packets", "policy") == {"home": sent}
        assert values(daemon, "edge25_policy_passed_packets", "policy") == {"home": 0}
    promise(counted)


def test_every_loss(edge25, gate):
    """Each of status' is there with its count; and those that are none are there as 0."""
    daemon = edge25(NARROW)
    line = gate.topology.subscribers[0]
    gate.refuses(*gate.flows(line, 40))
    def lost():
        return {loss["name"]: loss["count"] for loss in daemon.status()["losses"]}
    eventually(lambda: {"unremembered", "events-over-rate"} <= set(lost()), lambda: str(lost()))
    eventually(lambda: lost().items() <= values(daemon, "edge25_losses", "loss").items(),
               lambda: str(lost()))
    losses, told = lost(), values(daemon, "edge25_losses", "loss")
    assert len(told) > len(losses) + 20 and told["questions-home"] == 0
    assert values(daemon, "edge25_bound_limit", "bound")["max-hosts"] == 65536
    assert values(daemon, "edge25_bound_used", "bound")["max-hosts"] == 1
    checks = {check["name"] for check in daemon.status()["checks"]}
    assert checks <= set(values(daemon, "edge25_check_state", "check"))
    text = daemon.control("metrics").stdout
    assert line.address(4) not in text
    assert not re.search(r'="[0-9a-f.:]*[.:][0-9a-f]+[.:][0-9a-f.:]+"', text.replace(
        daemon.status()["version"], ""))


def test_file(edge25, tmp_path):
    """Whole or not at all; where control is gone it says so."""
    daemon = edge25(BLOCK)
    path = tmp_path / "edge25.prom"
    assert daemon.control("metrics", "--output", path).returncode == 0
    assert families(path.read_text())["edge25_up"].samples[0].value == 1
    assert path.stat().st_mode & 0o777 == 0o644
    (tmp_path / "there").mkdir()
    result = daemon.control("metrics", "--output", tmp_path / "there")
    assert result.returncode == 2 and "cannot write" in result.stderr
    daemon.stop()
    result = daemon.control("metrics", "--output", path)
    assert result.returncode == 2 and "is edge25d running?" in result.stderr
    assert families(path.read_text())["edge25_up"].samples[0].value == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["edge25.prom", "there"]
    with pytest.raises(ValueError):
        families(path.read_text().replace("# EOF\n", ""))


def test_rules_name_what_there_is(edge25):
    """The example's alerts ask for metrics, and labels, that are there."""
    daemon = edge25(BLOCK)
    found = families(daemon.control("metrics").stdout)
    samples = {sample.name: sample.labels for family in found.values() for sample in family.samples}
    asked = re.findall(r"\b(edge25_\w+)(?:\{(\w+)=)?", RULES.read_text())
    assert len(asked) > 10
    for name, label in asked:
        assert name in samples and (not label or label in samples[name]), (name, label)
    assert "edge25_losses" not in samples  # what a counter is called without _total
