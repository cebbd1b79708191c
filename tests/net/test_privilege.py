# SPDX-License-Identifier: GPL-2.0-or-later
"""Privileges as the kernel shows them from outside: users, capabilities, descriptors, files."""

import collections
import contextlib
import grp
import os
import pathlib
import pwd
import stat
import sys

import pytest

from lab.edge25 import CONTROL, ENGINE
from lab.promise import eventually, kept_by, must_fail

HOME = """
policy "home" { mode = block }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
queues = 2
"""
NET_ADMIN = 1 << 12  # capability(7)
USERS = {CONTROL: "nobody", ENGINE: "daemon"}  # as the laboratory configures them


def status(pid):
    """The fields of /proc/PID/status."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return dict(line.split(":\t", 1) for line in text.splitlines())


def check_privileges(pid, user, capabilities):
    """Each thread of a process is that user, alone in its group, for good, with those capabilities
    in its sets and no other to be had."""
    account = pwd.getpwnam(user)
    for task in os.listdir(f"/proc/{pid}/task"):
        fields = status(f"{pid}/task/{task}")
        assert fields["Uid"].split() == [str(account.pw_uid)] * 4
        assert fields["Gid"].split() == [str(account.pw_gid)] * 4
        assert fields["Groups"].strip() == ""
        assert fields["NoNewPrivs"] == "1"
        for name, expected in (("CapEff", capabilities), ("CapPrm", capabilities),
                               ("CapBnd", capabilities), ("CapInh", 0), ("CapAmb", 0)):
            assert int(fields[name], 16) == expected, f"{name} of {pid}: {fields[name]}"


def test_engine(edge25):
    check_privileges(edge25(HOME).pid(ENGINE), USERS[ENGINE], NET_ADMIN)


def test_control(edge25):
    check_privileges(edge25(HOME).pid(CONTROL), USERS[CONTROL], 0)


def test_control_run(edge25):
    """edge25d itself is root with all that root has, and this process has no other privileges."""
    daemon = edge25(HOME)
    for pid in (daemon.pid(), os.getpid()):
        must_fail(check_privileges, pid, USERS[ENGINE], NET_ADMIN)
    must_fail(check_privileges, daemon.pid(ENGINE), USERS[ENGINE], 0)


def descriptors(pid):
    """What a process has open beyond its standard files: kinds of sockets, else names."""
    found = collections.Counter()
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        if int(path.name) > 2:
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                name = os.readlink(path)
                found[kinds(pid).get(name, name.split("/")[-1])] += 1
    return found


def kinds(pid):
    """By the name of a descriptor, the kind of socket that it is."""
    found = {}
    for name, column in (("unix", 6), ("netlink", 9)):
        for line in pathlib.Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            found[f"socket:[{line.split()[column]}]"] = name
    return found


ANONYMOUS = {"anon_inode:[eventpoll]": 1}
OPEN = {
    # The socket it was started with, control's connection; nf_tables, and two queues; the loop's.
    ENGINE: {**ANONYMOUS, "anon_inode:[eventfd]": 1, "unix": 2, "netlink": 3},
    # What tells of a clock that is set; two listeners and the engine's connection; neighbours.
    CONTROL: {**ANONYMOUS, "anon_inode:[eventfd]": 1, "anon_inode:[timerfd]": 1, "unix": 3,
              "netlink": 1, "control.lock": 1, "edge25.db": 1, "events.json": 1},
}


def check_descriptors(pid, expected):
    """No descriptor but those that are meant; what the engine's comparison of the table opens, it
    closes again."""
    eventually(lambda: descriptors(pid) == expected, lambda: f"{descriptors(pid)}", patience=3)


@pytest.mark.parametrize("program", [ENGINE, CONTROL])
def test_descriptors(edge25, program):
    daemon = edge25(HOME)
    check_descriptors(daemon.pid(program), OPEN[program])
    standard = [f"/proc/{daemon.pid(program)}/fd/{number}" for number in range(3)]
    log = daemon.directory / "stderr"
    assert all(map(os.path.samefile, standard, ["/dev/null", log, log]))
    must_fail(check_descriptors, daemon.pid(), OPEN[program])


def test_nothing_is_inherited(edge25):
    """A descriptor that edge25d was started with reaches neither program."""
    daemon = edge25(HOME)
    daemon.stop()
    secret = os.memfd_create("secret")
    try:
        daemon.start(pass_fds=[secret])
    finally:
        os.close(secret)
    for program in (ENGINE, CONTROL):
        check_descriptors(daemon.pid(program), OPEN[program])


# Below the directory of the test: type and mode, user. What others may read holds no addresses.
FILES = {
    "run": ("drwxr-xr-x", "nobody"),
    "run/edge25d.lock": ("-rw-------", "root"),
    "run/engine.sock": ("srw-rw----", "root"),
    "run/control.lock": ("-rw-r-----", "nobody"),
    "run/control.sock": ("srw-rw----", "nobody"),
    "run/monitor.sock": ("srw-rw----", "nobody"),
    "state": ("drwxr-x---", "nobody"),
    "state/edge25.db": ("-rw-r-----", "nobody"),
    "log": ("drwxr-x---", "nobody"),
    "log/events.json": ("-rw-r-----", "nobody"),
}


def check_files(directory):
    """Each file is there with its mode and its user, and no other."""
    found = {}
    for top in ("run", "state", "log"):
        for path in (directory / top, *(directory / top).iterdir()):
            entry = path.lstat()
            found[str(path.relative_to(directory))] = (
                stat.filemode(entry.st_mode), pwd.getpwuid(entry.st_uid).pw_name)
    assert found == FILES


def test_files(edge25):
    daemon = edge25(HOME)
    daemon.ctl("allow", "add", "--to", "203.0.113.25", "--comment", "a test")
    check_files(daemon.directory)
    (daemon.directory / "state/edge25.db").chmod(0o644)
    must_fail(check_files, daemon.directory)


CONNECT = """
import socket, sys
kind = socket.SOCK_SEQPACKET if "engine" in sys.argv[1] else socket.SOCK_STREAM
try:
    socket.socket(socket.AF_UNIX, kind).connect(sys.argv[1])
except PermissionError:
    sys.exit("refused")
"""


@pytest.mark.parametrize("user, admitted", [("nobody", True), ("daemon", False)])
@pytest.mark.parametrize("name", ["control.sock", "monitor.sock", "engine.sock"])
def test_sockets(edge25, name, user, admitted):
    """Who may not connect is told so by the file system."""
    check_admitted(edge25(HOME), name, user, pwd.getpwnam(user).pw_gid, admitted)


def check_admitted(daemon, name, user, group, admitted):
    """A user with that group may connect, or is told that it may not."""
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
             sys.executable, "-c", CONNECT, daemon.directory / "run" / name]
    result = daemon.namespace.run(words, check=False)
    assert (result.returncode, result.stderr) == ((0, "") if admitted else (1, "refused\n"))


MONITOR = "games"  # a group that every Debian has, and nobody in the laboratory is in
GROUP = HOME + f'monitor-group = "{MONITOR}"\n'


@kept_by(GROUP, broken_by=HOME)
def test_monitor_group(edge25, configuration, promise):
    """Its members may ask and change nothing, and control is in no other group besides."""
    daemon = edge25(configuration)
    group = grp.getgrnam(MONITOR).gr_gid
    promise(check_admitted, daemon, "monitor.sock", "daemon", group, True)
    check_admitted(daemon, "control.sock", "daemon", group, False)
    promise(check_groups, daemon.pid(CONTROL), str(group))
    check_groups(daemon.pid(ENGINE), "")


def check_groups(pid, expected):
    """The supplementary groups of a process."""
    assert status(pid)["Groups"].strip() == expected


def test_monitor_group_that_is_missing(edge25):
    """It is said; fewer may ask then, not more."""
    daemon = edge25(HOME + 'monitor-group = "no-such-group"\n')
    check_groups(daemon.pid(CONTROL), "")
    check_admitted(daemon, "monitor.sock", "daemon", grp.getgrnam(MONITOR).gr_gid, False)
    assert (f"monitor-group = no-such-group in {daemon.configuration}: there is no such group "
            "(groupadd --system no-such-group)") in daemon.stderr()


def test_monitor_group_of_root(edge25):
    """Control would be in it, so root's is refused."""
    daemon = edge25(HOME + 'monitor-group = "root"\n', healthy=False)
    assert daemon.wait() == 1
    assert "this is root's; name a group without privileges" in daemon.stderr()
