# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's table as others see it: nft lists what rules/edge25.nft says, and may not change
it."""

import json
import re
import shlex

import pytest

from lab.edge25 import HOME, REPOSITORY
from lab.faults import is_settled
from lab.promise import eventually, holds, must_fail

REFERENCE = REPOSITORY / "rules/edge25.nft"
TABLE = ["nft", "list", "table", "inet", "edge25"]


def blocks(text):
    """The sets, maps, chains, ... of a table: a dictionary of lists of lines, without what differs
    from one listing to the next. What stands in the table itself is under "table"."""
    found, name = {"table": []}, "table"
    for line in _plain(text).splitlines():
        line = " ".join(line.split())
        if re.match(r"(map|set|chain|counter|limit) .*{$", line):
            name = line.rstrip(" {")
            found[name] = []
        elif line == "}":
            name = "table"
        elif line and not line.startswith(("table ", "flags owner")):
            found[name].append(line)
    return {name: _elements_apart(lines) for name, lines in found.items()}


def _plain(text):
    """One statement a line, without comments and without what depends on the kernel."""
    for pattern, plain in ((r'^((?:[^"#\n]|"[^"\n]*")*)#.*$', r"\1"),
                           (r"\\\n", " "),
                           (r"^\s*(counter \w+) { (packets .*) }$", r"\1 {\n\2\n}"),
                           (r"packets \d+ bytes \d+", "packets 0 bytes 0"),
                           (r"queue num (\S+) bypass", r"queue flags bypass to \1")):
        text = re.sub(pattern, plain, text, flags=re.MULTILINE)
    return text


def _elements_apart(lines):
    """Elements, which come in any order and over several lines, one a line in order."""
    before, mark, elements = "\n".join(lines).partition("elements = {")
    if not mark:
        return lines
    for pattern, plain in ((r"[\n}]", " "), (r"counter packets 0 bytes 0", ""),
                           (r"timeout \S+( expires \S+)?", "timeout T")):
        elements = re.sub(pattern, plain, elements)
    return before.splitlines() + sorted(" ".join(one.split()) for one in elements.split(","))


def reference():
    """The configuration in the reference's header, and the commands that are given to it."""
    lines = re.findall(r"^#    (.*)$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("edge25ctl ")]
    return "\n".join(line for line in lines if not line.startswith("edge25ctl ")), commands


@pytest.fixture(name="needs_nft_1_0_6")
def fixture_needs_nft_1_0_6(topology):
    """Versions of nft differ in how they write the same rule."""
    version = topology.gateway.run(["nft", "--version"]).stdout.strip()
    if "v1.0.6" not in version:
        pytest.skip(f"the reference is written as nft 1.0.6 lists it, this is {version}")


def lists_as_the_reference(topology):
    listed = blocks(topology.gateway.run(TABLE).stdout)
    expected = blocks(REFERENCE.read_text(encoding="utf-8"))
    assert set(listed) == set(expected)
    for name, lines in expected.items():
        assert listed[name] == lines, name


@pytest.mark.usefixtures("needs_nft_1_0_6")
@pytest.mark.parametrize("old, new, promise", [
    pytest.param("", "", holds, id="holds"),
    pytest.param("deny = tcp-reset", "deny = drop", must_fail, id="control-deny"),
    pytest.param("100.64.3.25", "100.64.3.26", must_fail, id="control-allow"),
    pytest.param("br-office", "br-store", must_fail, id="control-interface")])
def test_the_kernel_lists_what_the_reference_says(edge25, topology, old, new, promise):
    configuration, commands = reference()
    daemon = edge25(configuration.replace(old, new))
    for command in commands:
        assert daemon.ctl(*command)["applied"]
    eventually(lambda: is_settled(daemon), "no question from before the changes")
    promise(lists_as_the_reference, topology)


ONE_POLICY = """\
policy "home" { mode = block  deny = drop }
policy "line" { mode = monitor }
range "home" { prefixes = { "100.64.0.0/24", "2001:db8:1::/64" }  policy = "home" }
range "line" { prefixes = { "100.64.1.0/24", "2001:db8:1:1::/64" }  policy = "line" }
"""


def lists_the_rules_for_a_flood(topology):
    """Those that the reference has in a comment, for its own configuration has none."""
    listed = blocks(topology.gateway.run(TABLE).stdout)
    remarks = re.findall(r"^\t#    +((?:ip protocol tcp )?tcp dport 25 ip6? .*(?:\n\t#        .*)+)",
                         REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    rules = [" ".join(remark.replace("#", " ").split()) for remark in remarks]
    assert len(rules) == 2
    assert [line for line in listed["chain screen"] if "refused before" in line] == [
        f'{rule} comment "refused before"' for rule in rules]
    for version, key in ((4, "ip saddr . ip daddr"),
                         (6, "ip6 saddr & ffff:ffff:ffff:ffff:: . ip6 daddr")):
        rule = f'{key} @refused{version}_1 goto refuse_home comment "refused before"'
        assert rule in listed["chain smtp"]


@pytest.mark.usefixtures("needs_nft_1_0_6")
@pytest.mark.parametrize("old, new, promise", [
    pytest.param("", "", holds, id="holds"),
    pytest.param("monitor", "block", must_fail, id="control-two-policies"),
    pytest.param('policy "home"', 'remember-for = 1h  policy "home"', must_fail,
                 id="control-remembered-as-long-as-counted")])
def test_where_one_policy_blocks_one_rule_answers_a_flood(edge25, topology, old, new, promise):
    edge25(ONE_POLICY.replace(old, new, 1))
    promise(lists_the_rules_for_a_flood, topology)


def asks_for_allowed_sources_before_prefixes(topology):
    """Once; and what the tally had no room for is found behind it."""
    listed = blocks(topology.gateway.run(TABLE).stdout)
    smtp, ask = listed["chain smtp"], listed["chain ask_home"]
    early = listed["chain allowed_destination"] + listed["chain allowed_source"]
    at = smtp.index(early[0]) if early[0] in smtp else 0
    assert smtp[at:at + len(early)] == early
    assert smtp[at + len(early):] == [
        "meta mark != 0x00000000/8 meta mark set meta mark & 0x00ffffff "
        'comment "our bits of the mark are ours alone"',
        'fib daddr type local jump own comment "to this machine itself"',
        'ip saddr . ip daddr @refused4_1 goto refuse_home comment "refused before"',
        "ip6 saddr & ffff:ffff:ffff:ffff:: . ip6 daddr @refused6_1 goto refuse_home "
        'comment "refused before"', "goto ranges"]
    assert "jump allowed_source" not in ask


@pytest.mark.usefixtures("needs_nft_1_0_6")
@pytest.mark.parametrize("more, promise", [
    pytest.param("", holds, id="holds"),
    pytest.param('range "lan" { interfaces = { "br-lan" } policy = "home" }\n', must_fail,
                 id="control-interface"),
    pytest.param('range "wing" { interfaces = { "br-*" } prefixes = { "100.64.2.0/24" } '
                 'policy = "home" }\n', must_fail, id="control-place"),
    pytest.param("check-sources = yes\n", must_fail, id="control-check-sources")])
def test_allowed_sources_do_not_wait_for_prefixes(edge25, topology, more, promise):
    edge25(more + ONE_POLICY)
    promise(asks_for_allowed_sources_before_prefixes, topology)


def test_nft_lists_the_table_in_use_as_text_and_as_json(edge25, gate, topology):
    configuration, commands = reference()
    daemon = edge25(configuration)
    for command in commands:
        daemon.ctl(*command)
    for subscriber in topology.subscribers:
        gate.refuses(*gate.flows(subscriber, 3, 4))
    text = topology.gateway.run(["nft", "list", "ruleset"]).stdout
    assert "100.64.1.2 . 198.18." in text  # a remembered refusal
    document = json.loads(topology.gateway.run(["nft", "-j", "list", "ruleset"]).stdout)
    chains = [entry["chain"]["name"] for entry in document["nftables"] if "chain" in entry]
    assert sorted(chains) == sorted(name.split()[1] for name in blocks(text)
                                    if name.startswith("chain "))


INTRUSIONS = ["delete table inet edge25", "flush table inet edge25",
              "flush chain inet edge25 smtp", "delete chain inet edge25 screen",
              "insert rule inet edge25 smtp accept",
              "add element inet edge25 allow_src4 { 100.64.0.0 }",
              "flush map inet edge25 tally_refused4"]


@pytest.fixture(name="owned")
def fixture_owned(edge25):
    """edge25, where the kernel lets a process own a table."""
    daemon = edge25(HOME)
    if "owner" not in daemon.status()["engine"]["features"]:
        pytest.skip("this kernel knows no owned tables that persist (6.9 and later do)")
    return daemon


def is_denied(topology, change):
    result = topology.gateway.run(["nft", change], check=False)
    assert "Operation not permitted" in result.stderr, result


def test_nobody_else_changes_the_table(owned, gate, topology):
    flows = gate.flows(topology.subscribers[0], 4)
    gate.refuses(*flows)
    for change in INTRUSIONS:
        is_denied(topology, change)
        gate.refuses(*flows)
    topology.gateway.run(["nft", "flush ruleset"])  # leaves it out
    gate.refuses(*flows, *gate.flows(topology.subscribers[0], 4))
    owned.stop()
    must_fail(is_denied, topology, INTRUSIONS[0])
    gate.passes(*flows)
