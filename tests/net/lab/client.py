# SPDX-License-Identifier: GPL-2.0-or-later
"""A subscriber that sends mail with swaks: as a mail client (587, 465) or as a bot (25)."""

import dataclasses
import itertools
import os
import time

from .mail import PASSWORD, RECIPIENT, USER

DELIVERED, REFUSED, UNREACHABLE, TIMEOUT, REJECTED = (
    "delivered", "refused", "unreachable", "timeout", "rejected")
# Linux reports an ICMP error to a connection that is being opened before it gives up; swaks then
# says that the operation is in progress (IPv4), or says permission denied (IPv6).
CONNECT_ERRORS = (("Connection refused", REFUSED), ("timeout", TIMEOUT),
                  ("No route to host", UNREACHABLE), ("unreachable", UNREACHABLE),
                  ("Operation already in progress", UNREACHABLE),
                  ("Permission denied", UNREACHABLE))
_serial = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Delivery:
    """How one attempt to send a message ended.

    outcome   delivered: the server took the message; refused: a TCP reset; unreachable: an ICMP
              error; timeout: no answer; rejected: the server said no
    seconds   from start to end, swaks's own start included
    token     the message's subject, to be found in the mailbox
    """

    outcome: str
    seconds: float
    token: str
    transcript: str

    @property
    def delivered(self):
        """Whether the server took the message."""
        return self.outcome == DELIVERED

    @property
    def refused(self):
        """Whether the connection was answered by a TCP reset."""
        return self.outcome == REFUSED


class MailClient:
    """Sends mail from a subscriber."""

    def __init__(self, subscriber, timeout=5):
        self.subscriber = subscriber
        self.timeout = timeout

    def direct(self, server, source=None):
        """Send straight to a mail server on port 25, as a bot does, without a password."""
        options = ["--local-interface", source] if source else []
        return self._send(server, 25, options)

    def submit(self, server):
        """Submit on port 587: STARTTLS, then the password."""
        return self._send(server, 587, ["--tls", *self._password()])

    def submit_tls(self, server):
        """Submit on port 465: TLS from the first byte, then the password."""
        return self._send(server, 465, ["--tls-on-connect", *self._password()])

    def submit_without_password(self, server):
        """Try to submit on port 587 without a password; a submission server says no."""
        return self._send(server, 587, ["--tls"])

    @staticmethod
    def _password():
        return ["--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD]

    def _send(self, server, port, options):
        token = f"edge25 {os.getpid()}-{next(_serial)}"
        started = time.monotonic()
        result = self.subscriber.run(
            ["swaks", "-6" if ":" in server else "-4", "--server", server, "--port", port,
             "--timeout", self.timeout, "--helo", "home.example.org", "--from",
             "somebody@example.org", "--to", RECIPIENT, "--header", f"Subject: {token}", *options],
            check=False, timeout=self.timeout * 20)
        seconds = time.monotonic() - started
        transcript = result.stdout + result.stderr
        return Delivery(_outcome(result.returncode, transcript), seconds, token, transcript)


def _outcome(code, transcript):
    if code == 0:
        return DELIVERED
    errors = " ".join(line for line in transcript.splitlines() if line.startswith("***"))
    return next((outcome for text, outcome in CONNECT_ERRORS if text in errors), REJECTED)
