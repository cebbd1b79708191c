# SPDX-License-Identifier: GPL-2.0-or-later
"""What the manuals say: edge25ctl(8) has every command and option of --help, and each command line and
each configuration in manuals, --help and README.md works as it stands there.

Those of edge25-rpc(7) are in test_examples, those of edge25-notify(8) in test_notify_examples.
"""

import os
import re
import subprocess

import pytest

from lab.edge25 import BUILD, REPOSITORY, Edge25
from lab.promise import eventually, must_fail
from lab.sockets import connect_many
from lab.time_travel import incidents

CONFIGURATION = """
policy "home" { mode = block  pace = 0  suspect-servers = 3 }
range "dsl" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
allow "smarthost" { to = { "203.0.113.25" }  comment = "our relay" }
read-interval = 1s
"""
COMMON = {"--socket", "--json", "--help", "--version", "--color"}
# The laboratory has no DNS; nft knows the NFQUEUE target by an extension of iptables.
EXPECTED = "edge25ctl: warning: (DNS did not answer|what syslog)|# Warning: table inet edge25|" \
    "libxtables:|edge25-engine: table inet edge25 is gone"
# What stands in examples, as it can be run beside other programs of the same names.
PRELUDE = """
edge25d() { test $# = 0 || command edge25d -c "$CONFIGURATION" "$@"; }
systemctl() { kill "$DAEMON" && until grep -q '^State:.Z' /proc/$DAEMON/status; do sleep 0.1; done; }
alarm() { echo "alarm: not healthy"; false; }
"""


def page(name):
    """The source of a manual page."""
    return (REPOSITORY / "man" / name).read_text(encoding="utf-8")


def plain(text):
    """A line of mdoc as a reader sees it."""
    for escape, letter in (("\\e", "\\"), ("\\(dq", '"'), ("\\(aq", "'"), ("\\-", "-"), ("\\&", "")):
        text = text.replace(escape, letter)
    return text


def literal(source):
    """The literal displays of a part of a page, each as its lines."""
    for block in re.finditer(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$|^\.Dl ([^\n]*)$", source, re.M | re.S):
        text = block[1] if block[1] is not None else block[2] + "\n"
        yield plain(text)


def examples(name):
    """The command lines in the literal displays of a page: continued ones are one."""
    for text in literal(page(name)):
        for line in re.sub(r"\\\n\s*", " ", text).splitlines():
            yield re.sub(r"^# ", "", line)


def readme():
    """(command line, the output that is shown) of README.md, of those that the tests can run."""
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", (REPOSITORY / "README.md").read_text("utf-8"), re.M)
    for block in blocks:
        parts = re.split(r"^    (?:# |sudo )?(?=edge25ctl\b|edge25d -t|jq )", block, flags=re.M)
        for part in parts[1:]:
            command, _, shown = part.partition("\n")
            shown = "\n".join(line[4:] for line in shown.splitlines() if line.startswith("    "))
            yield re.sub(r" {2,}# .*", "", command), "" if "sudo" in shown else shown


def run_edge25ctl(*words):
    """edge25ctl without a daemon."""
    return subprocess.run([BUILD / "edge25ctl", *words], capture_output=True, text=True, timeout=60)


def commands():
    """The names in --help, in order, with their options."""
    for line in run_edge25ctl("--help").stdout.split("\n\n")[1].splitlines():
        name = re.match(r"  ((?:[a-z]+ ?)+)", line)
        if name:
            name = name[1].strip()
            help_text = run_edge25ctl(*name.split(), "--help").stdout
            yield name, re.findall(r"^  (?:-.,|   ) (--[a-z-]+)", help_text, re.M)


def help_examples():
    """The examples in the help of each command."""
    for name, _ in commands():
        text = run_edge25ctl(*name.split(), "--help").stdout
        yield from re.findall(r"^  (edge25ctl .*)", text.partition("Examples:\n")[2], re.M)


# --- the manual has everything ---

def paragraphs():
    """Command: its paragraphs in edge25ctl(8), in the page's order."""
    text = page("edge25ctl.8").partition("The commands are:\n")[2].partition(".Sh ENVIRONMENT")[0]
    found, depth, name = {}, 0, None
    for line in text.splitlines():
        depth += line.startswith(".Bl") - line.startswith(".El")
        if depth == 1 and line.startswith(".It Cm "):
            name = line[7:]
            found[name] = ""
        elif name:
            found[name] += line + "\n"
    return found


def check_manual(names_and_options, manual):
    """Each command has a paragraph, in this order, which names all its options."""
    told = {name: text for names, text in manual.items() for name in names.split(" , ")}
    assert list(told) == [name for name, _ in names_and_options]
    for name, options in names_and_options:
        missing = [option for option in options if option not in COMMON | {"--csv"}
                   and not re.search(rf"(Fl Fl |, ){option[2:]}\b", told[name])]
        assert not missing, f"edge25ctl(8), {name}: {missing}"


def test_commands_are_in_the_manual():
    check_manual([one for one in commands() if one[0] != "incidents"],
                 {name.replace("incidents , ", ""): text for name, text in paragraphs().items()})


def test_commands_control_run():
    must_fail(check_manual, [("status", ["--nothing"])], {"status": ""})
    must_fail(check_manual, [("status", []), ("new", [])], {"status": ""})


def test_every_word_of_the_synopsis():
    """Each command with each of its options."""
    synopsis = page("edge25ctl.8").partition(".Sh SYNOPSIS\n")[2].partition(".Sh DESCRIPTION")[0]
    told = {}
    for part in synopsis.split("\n.Nm\n")[1:]:
        told.setdefault(re.match(r"\.Cm (.*)", part)[1], []).append(part)
    for name, options in commands():
        if name == "incidents" or name == "status":
            continue
        for option in set(options) - COMMON:
            assert any(re.search(rf"Fl {option[2:]}\b|\| {option[2:]}\b", part)
                       for part in told[name]), f"{name} {option}"


# --- and it works ---

@pytest.fixture(name="busy")
def fixture_busy(edge25, gate, topology):
    """edge25 that knows a host with an incident, which is id 1, and no entry but a configured one."""
    daemon = edge25(CONFIGURATION)
    connect_many(topology.subscribers[0], gate.fresh(6), 25, 1.0)
    eventually(lambda: incidents(daemon), lambda: str(daemon.ctl("hosts")))
    eventually(lambda: daemon.ctl("incidents", "show", 1)["id"] == 1, "incident 1")
    return daemon


def run_line(daemon, line):
    """A command line as a person types it on that gateway."""
    for path in ("run", "log", "state"):
        where = {"run": "/run/edge25", "log": "/var/log/edge25", "state": "/var/lib/edge25"}[path]
        line = line.replace(where, str(daemon.directory / path))
    for path in ("/etc/edge25/", "/var/lib/node_exporter/"):
        line = line.replace(path, f"{daemon.directory}/")
    if "edge25ctl watch" in line:  # until Ctrl-C
        line = f"timeout --preserve-status -s INT 1 {line}"
    environment = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "COLUMNS": "80",
                   "EDGE25_SOCKET": str(daemon.socket), "CONFIGURATION": str(daemon.configuration),
                   "DAEMON": str(daemon.pid())}
    return daemon.namespace.run(["bash", "-c", PRELUDE + line], check=False, env=environment,
                                cwd=daemon.directory)


def check_line(daemon, line):
    """It ends well, and complains of nothing."""
    done = run_line(daemon, line)
    errors = [said for said in done.stderr.splitlines() if not re.match(EXPECTED, said)]
    assert (done.returncode, errors) == (0, []), f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", ["edge25ctl.8", "edge25d.8"])
def test_page(busy, name):
    lines = list(examples(name))
    assert lines
    for line in lines:
        check_line(busy, line)


def test_help(busy):
    lines = list(help_examples())
    assert len(lines) > 5
    for line in lines:
        check_line(busy, line)


def shape(text):
    """The words of a text, without what differs from run to run: figures, times, line breaks."""
    text = re.sub(r"example.net \(.*?\)", "example.net", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r", pace \d+ a second", "", text)  # the daemon here has none, for it is made busy
    text = re.sub(r"range4_\d+", "range4_N", text)  # it may have been filled anew
    text = re.sub(r"(?<![\w./:])\d[\d,]*(?![\w./]|:\S)", "N", text)
    return re.sub(r"\d+[smhd]\b( \d+[smhd]\b)?", "SOME", text).split()


def check_shape(printed, shown):
    """What is shown is what is printed."""
    assert shape(printed) == shape(shown)


def test_readme(busy):
    lines = list(readme())
    assert len(lines) > 8
    (busy.directory / "customers.csv").write_text("from,comment,expires\n100.64.5.0/24,branch,7d\n")
    for line, shown in lines:
        if line.startswith("edge25ctl allow check"):
            check_line(busy, 'edge25ctl allow add --from 100.64.5.0/24 --comment "branch office" '
                             "--expires 7d")
        printed = check_line(busy, line)
        if shown:
            check_shape(printed, shown)
        if "example.net" in line:  # which nobody resolves here; status would say so
            check_line(busy, "edge25ctl allow del --to smtp.example.net")


def test_control_run(busy):
    must_fail(check_line, busy, "edge25ctl allow del 4711")
    must_fail(check_shape, check_line(busy, "edge25ctl allow list"), "ID FROM TO")


def samples():
    """The literal displays of edge25.conf(5)."""
    return list(literal(page("edge25.conf.5")))


@pytest.mark.parametrize("sample", samples(), ids=[text.split("\n")[0] for text in samples()])
def test_configuration(topology, laboratory, serial, sample):
    """edge25d -t takes it; what a sample leaves to others is added, what it names is there."""
    daemon = Edge25(topology.gateway, laboratory / f"manual-{next(serial)}")
    for number, name in enumerate(re.findall(r'prefix-file = "(?:/etc/edge25/)?(.*?)"', sample)):
        (daemon.directory / name).write_text(f"198.18.{number}.0/24\n", encoding="ascii")
    if "{" in sample:
        text = sample.replace("/etc/edge25/", f"{daemon.directory}/")
    else:
        (daemon.directory / "labels").write_text(sample, encoding="ascii")
        text = f'label-files = {{ "{daemon.directory}/labels" }}\n'
    if 'policy "home"' not in text:
        text = 'policy "home" { mode = block }\n' + text
    if "range" not in text:
        text += 'range "r" { prefixes = { "100.64.0.0/10" }  policy = "home" }\n'
    daemon.configure(text)
    done = daemon.run("-t", check=False)
    assert done.returncode == 0, done.stderr
    daemon.configure(text + "nonsense = 1\n")
    assert daemon.run("-t", check=False).returncode != 0
