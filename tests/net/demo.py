#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""edge25 at work on real mail: `make demo`.

Builds subscribers, a gateway and an internet with a real mail server in network namespaces, starts
edge25d in the gateway with the sample configuration, and tells what it expects and what it saw.
Exit code 0: every expectation holds; 1: one does not, or it could not run; 130: interrupted.
"""

import os
import re
import sys
import time

sys.dont_write_bytecode = True  # root's files do not belong in the tree

from lab.capture import Capture  # noqa: E402
from lab.client import MailClient  # noqa: E402
from lab.edge25 import REPOSITORY, Edge25, missing_programs  # noqa: E402
from lab.host import LabError, leave_by_exception, obstacle, wait_for, work_directory  # noqa: E402
from lab.mail import MailServer  # noqa: E402
from lab.namespaces import Topology, destinations  # noqa: E402
from lab.narrator import WIDTH, Narrator  # noqa: E402
from lab.sockets import connect_many  # noqa: E402

SAMPLE = REPOSITORY / "etc/edge25.conf"
MX = {4: "203.0.113.25", 6: "2001:db8:f::25"}
OTHER_MX = "198.51.100.25"
BOT_DESTINATIONS = 200
DESTINATIONS_ERROR = 0.15  # beyond a few they are estimated: four times the standard error
HURRY = 'summary-interval = "2s"\n'  # a minute by default
AT_ONCE = 1.0  # seconds; a dropped connection takes longer, a refused one a tenth of it


class Demo:
    """The story. Each step is a method; what edge25 is asked for is in the methods at the end."""

    def __init__(self, narrator, topology, mail, edge25):
        self.tell = narrator
        self.topology = topology
        self.mail = mail
        self.edge25 = edge25
        self.home, self.bot, self.visitor = topology.subscribers
        self.client = MailClient(self.home)

    def as_shipped(self):
        """Step 0: the sample configuration, which only watches."""
        self.tell.step(0, "As shipped: mode = monitor. Nothing is refused, everything is told.")
        visitor = MailClient(self.visitor)
        for version, server in MX.items():
            self.tell.do(f"swaks --server {server} --port 25 ...")
            self._expect_delivery(f"mail straight to an MX arrives over IPv{version}",
                                  visitor.direct(server))
            event = self._event(self.visitor.address(version), server)
            self.tell.check("the attempt is in the event log, as allowed",
                            self._action(event) == "allowed", self._describe(event))
        self.tell.check("the status does not claim to enforce", not self._is_enforcing(),
                        f"enforcing: {_word(self._is_enforcing())}")

    def enforce(self):
        """The one word that an operator changes when monitor has shown what would be refused."""
        self.tell.step("", "The operator changes one word: mode = block.")
        text = self.edge25.configuration.read_text(encoding="utf-8")
        changed, count = re.subn(r"(?m)^([^#\n]*\bmode\s*=\s*)monitor\b", r"\1block", text)
        if count == 0:
            raise LabError("the sample configuration has no policy with mode = monitor")
        self.edge25.configure(changed)
        self.tell.do("sed -i 's/mode = monitor/mode = block/' edge25.conf; kill -HUP edge25d")
        self.edge25.reload()
        enforcing = self._becomes(self._is_enforcing)
        self.tell.check("edge25 is healthy and enforces",
                        enforcing and self.edge25.status()["healthy"],
                        f"enforcing: {_word(enforcing)}")

    def refuse(self):
        """Step 1: mail straight to an MX."""
        self.tell.step(1, "Straight to an MX on port 25, as a bot sends")
        with Capture(self.topology.internet, "eth0") as wire:
            for version, server in MX.items():
                self.tell.do(f"swaks --server {server} --port 25 ...")
                delivery = self.client.direct(server)
                self._expect_refusal(f"refused at once over IPv{version}, by a TCP reset", delivery)
                event = self._event(self.home.address(version), server)
                self.tell.check("the attempt is in the event log, as blocked",
                                self._action(event) == "blocked", self._describe(event))
        leaked = len(wire.openings(25))
        self.tell.check("nothing of it reaches the internet", leaked == 0,
                        f"{leaked} packets to port 25 on the internet's wire")

    def submit(self):
        """Step 2: the same client, as mail clients do it."""
        self.tell.step(2, "The same client submits its mail, with a password")
        before = self._submissions()
        with Capture(self.home, "eth0") as wire:
            for version, server in MX.items():
                self.tell.do(f"swaks --server {server} --port 587 --tls --auth PLAIN ...")
                self._expect_delivery(f"delivered through 587 (STARTTLS, AUTH) over IPv{version}",
                                      self.client.submit(server))
                self.tell.do(f"swaks --server {server} --port 465 --tls-on-connect --auth ...")
                self._expect_delivery(f"delivered through 465 (TLS, AUTH) over IPv{version}",
                                      self.client.submit_tls(server))
        opened = len(wire.openings(587)) + len(wire.openings(465))
        self._becomes(lambda: self._submissions() - before == opened)
        counted = self._submissions() - before
        self.tell.check(f"edge25 only counts these: {opened} connections on the client's wire",
                        counted == opened, f"{counted} counted")

    def allow(self):
        """Step 3: an exception, and its end."""
        self.tell.step(3, "An exception: this subscriber may reach this MX for two hours")
        entry = self._allow_add(self.home.address4, MX[4])
        self.tell.check("edge25ctl answers with the entry", bool(entry.get("id")),
                        f"entry {entry.get('id')}, expires {entry.get('expires')}")
        self._expect_delivery("the next message straight to that MX arrives",
                              self.client.direct(MX[4]))
        self._expect_refusal("another MX is still refused", self.client.direct(OTHER_MX))
        self._allow_del(entry.get("id"))
        self._expect_refusal("refused again when the entry is gone", self.client.direct(MX[4]))

    def watch_bot(self):
        """Step 4: a host that connects to very many mail servers."""
        self.tell.step(4, f"Another subscriber connects to {BOT_DESTINATIONS} mail servers")
        address = self.bot.address4
        with Capture(self.bot, "eth0") as wire:
            connections = connect_many(self.bot, destinations(BOT_DESTINATIONS))
        refused = sum(peer.error == "ECONNREFUSED" for peer in connections)
        slowest = max(peer.seconds for peer in connections)
        self.tell.check("every connection is refused", refused == BOT_DESTINATIONS,
                        f"{refused} of {len(connections)} refused, the slowest after "
                        f"{slowest * 1000:.0f} ms")
        truth = (len(wire.openings(25)), len(wire.destinations(25)))
        counted = f"{truth[0]} attempts, about {truth[1]} destinations"
        self._becomes(lambda: self._agree(self._host_counts(address), truth))
        self.tell.check(f"the status names {address} with what its wire carried: {counted}",
                        self._agree(self._host_counts(address), truth),
                        "{} attempts, {} destinations".format(*self._host_counts(address)))
        self._becomes(lambda: self._agree(self._event_counts(address), truth))
        self.tell.check("the events say the same",
                        self._agree(self._event_counts(address), truth),
                        "{} attempts, {} destinations".format(*self._event_counts(address)))

    def classify(self):
        """Step 5: which host is it, and why."""
        self.tell.step(5, "Is it infected? So far it may be a newsletter that is refused as well")
        address = self.bot.address4
        self.tell.do(f"edge25ctl host {address}")
        self.tell.quote(self.edge25.control("host", address).stdout)
        host = self.edge25.ctl("host", address)
        self.tell.check("it is suspect, and the reason says how many servers it tried",
                        host.get("class") == "suspect"
                        and "different mail servers" in " ".join(host.get("reasons", [])),
                        f"{host.get('class')}: {'; '.join(host.get('reasons', []))}")
        self.tell.do("edge25ctl incidents")
        self.tell.quote(self.edge25.control("incidents").stdout)
        hosts = [incident["host"] for incident in self.edge25.ctl("incidents")["incidents"]]
        self.tell.check("all of it is one incident, and it is the only one", hosts == [address],
                        f"incidents of {', '.join(hosts) or 'nobody'}")

    def show(self):
        """Step 6: what an operator looks at."""
        self.tell.step(6, "What the operator sees")
        self.tell.do("edge25ctl")
        page = self.edge25.control()
        self.tell.quote(page.stdout + page.stderr)
        self.tell.check(f"the page is healthy and names {self.bot.address4}",
                        page.returncode == 0 and self.bot.address4 in page.stdout,
                        f"exit code {page.returncode}")
        self.tell.do("tail -n 3 events.json")
        lines = self.edge25.event_lines()[-3:]
        self.tell.quote("\n".join(lines))
        self.tell.check("three events, one JSON object a line", len(lines) == 3,
                        f"{len(lines)} lines of {len(self.edge25.event_lines())}")

    def _expect_delivery(self, expected, delivery):
        arrived = delivery.delivered and self._becomes(lambda: self.mail.holds(delivery.token))
        where = "in the mailbox" if arrived else "not in the mailbox"
        self.tell.check(expected, arrived,
                        f"{delivery.outcome} after {delivery.seconds:.2f} s, {where}")

    def _expect_refusal(self, expected, delivery):
        self.tell.check(expected, delivery.refused and delivery.seconds < AT_ONCE,
                        f"{delivery.outcome} after {delivery.seconds:.2f} s")

    @staticmethod
    def _becomes(condition):
        """Wait for a condition that is expected to hold soon; whether it does."""
        try:
            return wait_for(condition, "an expectation", 10)
        except LabError:
            return False

    # What edge25 is asked for, in its own terms.

    def _is_enforcing(self):
        return self.edge25.status()["enforcing"]

    def _submissions(self):
        return self.edge25.status()["totals"]["submission"]

    def _host_counts(self, address):
        entry = self.edge25.host(address)
        return entry.get("attempts", 0), entry.get("destinations", 0)

    @staticmethod
    def _agree(counts, truth):
        """Every attempt is counted; destinations are, beyond a few, estimated."""
        return counts[0] == truth[0] and abs(counts[1] - truth[1]) <= DESTINATIONS_ERROR * truth[1]

    def _allow_add(self, source, destination):
        words = ["allow", "add", "--from", source, "--to", destination, "--expires", "2h",
                 "--comment"]
        self.tell.do(f"edge25ctl {' '.join(words)} 'ticket 42'")
        return self.edge25.ctl(*words, "ticket 42")

    def _allow_del(self, number):
        self.tell.do(f"edge25ctl allow del {number}")
        result = self.edge25.control("allow", "del", number)
        self.tell.check("edge25ctl takes the entry away", result.returncode == 0,
                        (result.stdout + result.stderr).strip() or "no complaint")

    def _event(self, source, destination):
        """The newest event of a source and a destination, or {}."""
        def found():
            return [event for event in self.edge25.events()
                    if (event["src_ip"], event["dest_ip"]) == (source, destination)]
        return found()[-1] if self._becomes(found) else {}

    @staticmethod
    def _action(event):
        return event.get("alert", {}).get("action")

    def _describe(self, event):
        if not event:
            return "no event"
        return f"{self._action(event)}: \"{event['alert']['signature']}\""

    def _event_counts(self, address):
        """Attempts and destinations in the newest event that counts a host's."""
        for event in reversed(self.edge25.events()):
            metadata = event["alert"].get("metadata", {})
            if event["src_ip"] == address and "attempts" in metadata and "incident" not in metadata:
                return _number(metadata["attempts"]), _number(metadata.get("destinations", 0))
        return 0, 0


def _number(value):
    """A number of an event's metadata, where Suricata's own are lists of words."""
    return int(value[0] if isinstance(value, list) else value)


def _word(value):
    return "yes" if value else "no"


def run(narrator):
    """Build the laboratory, tell the story, take everything away."""
    with work_directory() as directory, Topology() as topology:
        with MailServer(topology.internet, directory / "mail") as mail:
            sample = SAMPLE.read_text(encoding="utf-8")
            edge25 = Edge25(topology.gateway, directory / "edge25", sample)
            (edge25.directory / "conf.d/demo.conf").write_text(HURRY, encoding="utf-8")
            with edge25:
                demo = Demo(narrator, topology, mail, edge25)
                for step in (demo.as_shipped, demo.enforce, demo.refuse, demo.submit, demo.allow,
                             demo.watch_bot, demo.classify, demo.show):
                    step()


def main():
    """The whole demo; returns the exit code."""
    narrator = Narrator()
    missing = missing_programs()
    reason = obstacle() or (f"not built: {' '.join(missing)}; run make first" if missing else None)
    if reason:
        print(f"demo: {reason}", file=sys.stderr)
        return 1
    leave_by_exception()
    os.environ["COLUMNS"] = str(WIDTH - 4)  # for the page that edge25ctl prints, which is indented
    started = time.monotonic()
    narrator.say("edge25 at work on real mail: subscribers, a gateway and an internet in network "
                 "namespaces; the mail server is postfix, the mail client is swaks.")
    try:
        run(narrator)
    except LabError as error:
        narrator.fail(str(error))
    except KeyboardInterrupt:
        narrator.say("Interrupted; everything was taken away.")
        return 130
    return narrator.verdict(time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
