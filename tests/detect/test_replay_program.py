# SPDX-License-Identifier: GPL-2.0-or-later
"""build/edge25-replay as a program: arguments, traces that are none, policies and ranges."""

import json
import subprocess

import detect
import pytest

CONFIG = """\
policy "home" { mode = block }
policy "office" { mode = guard }
range "lines" { prefixes = { "100.64.0.0/16", "2001:db8::/32" }  policy = "home" }
range "offices" { prefixes = { "100.65.0.0/16" }  policy = "office" }
allow "server" { from = { "100.64.9.9" }  comment = "a mail server" }
"""


def run(*arguments, text=""):
    return subprocess.run([detect.REPLAY, *map(str, arguments)], input=text, capture_output=True,
                          text=True, check=False)


def hosts(done):
    assert not done.returncode, done.stderr
    return {report["host"]: report for report in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(name="config")
def fixture_config(tmp_path):
    path = tmp_path / "edge25.conf"
    path.write_text(CONFIG, encoding="ascii")
    return path


@pytest.mark.parametrize("arguments", [(), ("a.csv", "b.csv"), ("-x", "a.csv"), ("-c",)])
def test_arguments_that_are_none_give_the_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage: edge25-replay [-c CONFIG] TRACE.csv" in done.stderr
    assert not done.stdout


def test_help_and_version():
    assert run("-h").stdout.startswith("usage: ") and not run("-h").returncode
    assert run("-V").stdout.startswith("edge25-replay ")


@pytest.mark.parametrize("text, error", [
    ("0,100.64.0.1,198.51.100.1,1,25,0\nnonsense\n", "standard input:2: expected six fields"),
    ("5,100.64.0.1,198.51.100.1,1,25,0\n4,100.64.0.1,198.51.100.1,1,25,0\n",
     "standard input:2: t = 4: it is before the line above"),
])
def test_a_trace_that_is_none_is_an_error_with_its_line(text, error):
    done = run("-", text=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert error in done.stderr


def test_files_that_are_not_there(tmp_path, config):
    for arguments in (("-c", tmp_path / "none", "-"), ("-c", config, tmp_path / "none")):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "No such file or directory" in done.stderr


def test_without_a_configuration_every_source_is_a_home_line():
    text = "".join(f"{i},203.0.113.9,198.51.{i}.25,4000,25,0\n" for i in range(12))
    report = hosts(run("-", text=text))["203.0.113.9"]
    assert report["class"] == "suspect"
    assert report["reasons"][0] == "12 different mail servers in 5 min, 1.0 tries each"
    assert (report["t_first_suspect"], report["t_first_infected"]) == (11.0, None)
    assert (report["attempts"], report["destinations"]) == (12, 12)


def test_ranges_and_entries_of_the_configuration_count(config):
    text = "".join(f"{i},{source},198.51.100.{i},4000,25,1\n" for i in range(20)
                   for source in ("100.64.0.1", "100.65.0.1", "100.64.9.9", "192.0.2.1"))
    done = run("-c", config, "-", text=text)
    reports = hosts(done)
    assert {host: report["class"] for host, report in reports.items()} == {
        "100.64.0.1": "suspect", "100.65.0.1": "clean"}
    assert reports["100.65.0.1"]["reasons"] == [
        "20 different mail servers in 24 h, of which 20 answered, and nothing beyond the "
        "thresholds"]
    assert "40 lines of sources that are in no range" in done.stderr


def test_addresses_of_one_prefix_are_one_host(config):
    text = "".join(f"{i},2001:db8:0:1::{i:x},2001:db9:{i:x}::25,4000,25,0\n" for i in range(12))
    report, = hosts(run("-c", config, "-", text=text)).items()
    assert (report[0], report[1]["class"]) == ("2001:db8:0:1::/64", "suspect")


def test_submission_is_told_of_hosts_that_tried_port_25():
    text = ("0,100.64.0.1,198.51.100.1,1,587,1\n1,100.64.0.2,198.51.100.1,1,587,1\n"
            "2,100.64.0.2,198.51.100.1,1,25,0\n3,100.64.0.2,198.51.100.1,1,587,1\n")
    report, = hosts(run("-", text=text)).values()
    assert report["host"] == "100.64.0.2"
    assert report["reasons"] == ["1 try to 1 mail server in 24 h: too little to tell",
                                 "also opened 465 or 587 1 time: there is a mail program"]


def test_what_is_hidden_in_the_kernel_is_counted_and_not_met():
    """The same pair a hundred times within remember-for: one question, a hundred attempts."""
    text = "".join(f"{i},100.64.0.1,198.51.100.1,1,25,0\n" for i in range(100))
    report, = hosts(run("-", text=text)).values()
    assert (report["attempts"], report["destinations"]) == (100, 1)
    assert report["class"] == "misconfigured"
    assert report["reasons"][0].startswith("100 tries in 24 h, to 1 mail server 198.51.100.1")
