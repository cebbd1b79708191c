# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25 in the gateway: its configuration, its processes, its control program and its events."""

import json
import os
import pathlib
import signal
import subprocess

from .host import LabError, wait_for

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("EDGE25_BUILD", REPOSITORY / "build")).resolve()
PROGRAMS = ("edge25d", "edge25-engine", "edge25-control", "edge25ctl")
ENGINE, CONTROL = "edge25-engine", "edge25-control"

HOME = """\
policy "home" { mode = block  deny = tcp-reset  host-prefix6 = 64 }
range "subscribers" { prefixes = { "100.64.0.0/10", "2001:db8:1::/48" }  policy = "home" }
"""

DIRECTORIES = """\
run-dir = "{directory}/run"
state-dir = "{directory}/state"
log-dir = "{directory}/log"
user = "nobody"
engine-user = "daemon"
"""


def missing_programs():
    """The programs of edge25 that were not built."""
    return [name for name in PROGRAMS if not (BUILD / name).exists()]


class Edge25:
    """Context manager: edge25d in a namespace. stop() leaves the table, as the daemon does;
    remove() takes it away.

    The configuration is DIRECTORY/edge25.conf; where the daemon's files go is said in
    DIRECTORY/conf.d/laboratory.conf, so the first can be a file as people have it.
    """

    def __init__(self, namespace, directory, configuration=HOME):
        self.namespace = namespace
        self.directory = pathlib.Path(directory)
        self.configuration = self.directory / "edge25.conf"
        self.log_directory = self.directory / "log"
        self.socket = self.directory / "run/control.sock"
        self.programs = BUILD
        self.mounts = {}  # files that edge25 sees in place of others
        self._daemon = None
        self._prepare()
        self.configure(configuration)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def configure(self, text):
        """Write the configuration; reload() or a restart makes it count."""
        self.configuration.write_text(text, encoding="utf-8")

    def start(self, healthy=True, **options):
        """Start edge25d, and wait until it says that it is healthy unless told not to."""
        with open(self.directory / "stderr", "a", encoding="utf-8") as stderr:
            self._daemon = self.namespace.popen(
                [*self._mounted(), self.programs / "edge25d", "-c", self.configuration],
                stdout=stderr, stderr=stderr, **options)
        if healthy:
            self.wait_until_healthy()

    def stop(self):
        """End edge25d in order; the kernel's table stays."""
        if self._daemon and self._daemon.poll() is None:
            self._daemon.terminate()
            try:
                self._daemon.wait(20)
            except subprocess.TimeoutExpired as expired:
                raise LabError(f"edge25d did not end\n{self.stderr()}") from expired

    def wait(self):
        """Wait until edge25d has ended by itself; its exit code."""
        return self._daemon.wait(20)

    def restart(self):
        """Stop and start; every change of the configuration counts."""
        self.stop()
        self.start()

    def reload(self):
        """Ask edge25d to read the configuration again; wait for what should change."""
        self._daemon.send_signal(signal.SIGHUP)

    def remove(self):
        """Take the table away: edge25d --remove."""
        self.run("--remove")

    def run(self, *arguments, check=True):
        """Run edge25d with arguments (-t, --remove) to its end, with this configuration."""
        return self.namespace.run([BUILD / "edge25d", "-c", self.configuration, *arguments],
                                  check=check)

    def wait_until_healthy(self):
        """Wait until status says healthy."""
        wait_for(self._is_healthy, lambda: f"edge25 to be healthy\n{self.stderr()}"
                                           f"{self.control('status').stdout}")

    def control(self, *arguments):
        """Run edge25ctl for a person: the finished process with its text."""
        environment = {**os.environ, "EDGE25_SOCKET": str(self.socket)}
        try:
            return subprocess.run([BUILD / "edge25ctl", *map(str, arguments)], env=environment,
                                  capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{error}\n{self.stderr()}") from error

    def ctl(self, *arguments):
        """Run edge25ctl --json and return the parsed document."""
        result = self.control("--json", *arguments)
        try:
            return json.loads(result.stdout)
        except ValueError as error:
            raise LabError(f"edge25ctl --json {' '.join(map(str, arguments))}: exit code "
                           f"{result.returncode}\n{result.stdout}{result.stderr}") from error

    def status(self):
        """The status document."""
        return self.ctl("status")

    def host(self, address):
        """The entry of a host in the status document's top list, or {}."""
        top = self.status()["hosts"]["top"]
        return next((entry for entry in top if entry["host"].split("/")[0] == address), {})

    def event_lines(self):
        """The whole lines of the event log."""
        path = self.log_directory / "events.json"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return text[:text.rfind("\n") + 1].splitlines()

    def events(self):
        """The events, parsed, oldest first."""
        return [json.loads(line) for line in self.event_lines()]

    def wait_for_event(self, condition, what):
        """Wait for an event for which condition(event) holds, and return the first one."""
        return wait_for(lambda: next(filter(condition, self.events()), None),
                        lambda: f"an event: {what}\n{os.linesep.join(self.event_lines()[-5:])}")

    def pid(self, program=None):
        """The process id of edge25d, or of its child ENGINE or CONTROL; None if it does not run."""
        if program is None:
            return self._daemon.pid
        return next((pid for pid, name in _children(self._daemon.pid) if name == program), None)

    def signal(self, program, number):
        """Send a signal to ENGINE or CONTROL; returns the process id that got it."""
        pid = wait_for(lambda: self.pid(program), f"{program} to run")
        os.kill(pid, number)
        return pid

    def wait_for_new(self, program, old):
        """Wait until ENGINE or CONTROL runs under another process id than OLD."""
        return wait_for(lambda: self.pid(program) not in (None, old) and self.pid(program),
                        lambda: f"{program} to be started again\n{self.stderr()}")

    def stderr(self):
        """What edge25d and its children wrote so far."""
        path = self.directory / "stderr"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _mounted(self):
        """The namespace gives each program mounts of its own."""
        commands = "".join(f"mount --bind {file} {place}; " for place, file in self.mounts.items())
        return ["sh", "-ec", commands + 'exec "$@"', "sh"] if commands else []

    def _prepare(self):
        (self.directory / "conf.d").mkdir(parents=True)
        (self.directory / "conf.d/laboratory.conf").write_text(
            DIRECTORIES.format(directory=self.directory), encoding="utf-8")

    def _is_healthy(self):
        if self._daemon.poll() is not None:
            raise LabError(f"edge25d ended, exit code {self._daemon.returncode}\n{self.stderr()}")
        result = self.control("--json", "status")
        return result.returncode == 0 and json.loads(result.stdout)["healthy"]


def processes():
    """/proc/PID/stat of each process; it may have ended since."""
    return [pathlib.Path("/proc", name, "stat") for name in os.listdir("/proc") if name.isdigit()]


def _children(parent):
    """(process id, name) of each process whose parent is PARENT."""
    for entry in processes():
        try:
            name, _, rest = entry.read_text().partition("(")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(rest.split()[1]) == parent:
            yield int(entry.parent.name), name
