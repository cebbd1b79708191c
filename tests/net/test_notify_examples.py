# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands in examples/ and those of edge25-notify(8): what is handed over arrives by mail,
through a real submission server, and at a web server; secrets are kept, and told to nobody else."""

import json
import re
import shlex
import signal
import socket
import socketserver
import threading

import pytest

from lab.edge25 import REPOSITORY
from lab.mail import ADDRESSES, PASSWORD, RECIPIENT, USER
from lab.notices import fixture_control  # noqa: F401
from lab.notify import Notify, incident
from lab.promise import eventually, must_fail
from lab.web import WebServer

MAIL, WEBHOOK = REPOSITORY / "examples/notify-mail", REPOSITORY / "examples/notify-webhook"
HOSTILE = "a\x1b]0;owned\x07\nBcc: victim@example.org\n$(reboot)\u202e"
WEB = "203.0.113.80"


@pytest.fixture(name="notify")
def fixture_notify(tmp_path, control, topology):
    """notify(command, *options) -> Notify at the gateway."""
    started = []

    def start(command, *options):
        started.append(Notify(tmp_path / f"notify-{len(started)}", control.path, *options,
                              command=command, namespace=topology.gateway).start())
        started[-1].wait_until_begun()
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture(name="web")
def fixture_web(tmp_path, topology):
    """A web server in the internet."""
    with WebServer(topology.internet, tmp_path / "web", WEB) as web:
        yield web


class Mailbox:
    """The mails of one test and no other, by their sender."""

    def __init__(self, directory, server, sender):
        self.directory, self.server, self.sender = directory, server, sender

    def settings(self, **other):
        """The file for notify-mail."""
        values = {"server": ADDRESSES[0], "user": USER, "password": PASSWORD,
                  "from": self.sender, "to": RECIPIENT,
                  "ca-file": self.server.directory / "certificate.pem", **other}
        path = self.directory / "notify-mail.conf"
        path.touch(mode=0o600)
        path.write_text("[mail]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()
                                             if value is not None), encoding="utf-8")
        return path

    def mails(self):
        """Those that came so far."""
        return [message for message in self.server.messages() if message["From"] == self.sender]

    def check(self, *subjects):
        """So many mails have come, with these subjects."""
        eventually(lambda: len(self.mails()) >= len(subjects), self.server.log)
        assert sorted(message["Subject"] for message in self.mails()) == sorted(subjects)
        return self.mails()


@pytest.fixture(name="mailbox")
def fixture_mailbox(tmp_path, mail, serial):
    """A Mailbox of this test."""
    return Mailbox(tmp_path, mail, f"edge25-{next(serial)}@gateway.example.net")


def web_settings(directory, web, address=f"https://{WEB}/hook"):
    """The file for notify-webhook."""
    path = directory / "notify-webhook.conf"
    path.touch(mode=0o600)
    path.write_text(f'url = "{address}"\nheader = "Authorization: Bearer correct-horse"\n'
                    f'cacert = "{web.certificate}"\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("server", ADDRESSES, ids=["IPv4", "IPv6"])
def test_mail(control, notify, mailbox, server):
    """An incident is a mail that a person can read, whatever the host calls itself."""
    notify([MAIL, mailbox.settings(server=server)])
    control.put(incident(7, name=HOSTILE, mac="02:e2:05:00:01:02", **{"class": "infected"}))
    (message,) = mailbox.check("edge25: infected host 100.64.0.7 (opened)")
    text = message.get_payload(decode=True).decode()
    assert "100.64.0.7: infected, open\n" in text
    assert "  because    41 different mail servers in 5 min\n" in text
    assert "a?]0;owned??Bcc: victim@example.org?$(reboot)? (as the host calls itself)\n" in text
    assert "mac 02:e2:05:00:01:02" in text and "source port 40001 to 203.0.113.1\n" in text
    assert message["To"] == RECIPIENT and message["Bcc"] is None
    assert message["Message-ID"].endswith("@gateway.example.net>")
    assert "ESMTPSA" in message["Received"]  # RFC 3848: with TLS and a password
    must_fail(mailbox.check, "edge25: infected host 100.64.0.8 (opened)")


def test_mail_digest(control, notify, mailbox):
    """Many incidents are one mail."""
    notify([MAIL, mailbox.settings()], "--rate", "1/h", "--digest", "2")
    control.put(incident(1), incident(2, name=HOSTILE), incident(3, **{"class": "infected"}))
    (message,) = mailbox.check("edge25: 3 incidents (2 suspect, 1 infected)")
    text = message.get_payload(decode=True).decode()
    assert text.startswith("3 incidents since the last mail: 2 suspect, 1 infected.\n")
    assert "100.64.0.1: suspect, open\n" in text and "100.64.0.2: suspect, open\n" in text
    assert "100.64.0.3" not in text
    assert "1 more are not listed here: edge25ctl incidents has all.\n" in text


def test_mail_is_tried_again(control, notify, mailbox):
    """A wrong password is said and not shown; when it is mended, the mail goes."""
    path = mailbox.settings(password="wrong horse")
    one = notify([MAIL, path], "--retry", "1h")
    control.put(incident(1))
    eventually(lambda: "not mailed: SMTPAuthenticationError" in one.stderr(), one.stderr)
    eventually(lambda: "exit code 1 (try 1 of 8" in one.stderr(), one.stderr)
    assert "wrong horse" not in one.stderr()
    mailbox.settings()
    one.process.send_signal(signal.SIGHUP)
    mailbox.check("edge25: suspect host 100.64.0.1 (opened)")


class PlainServer(socketserver.ThreadingTCPServer):
    """Context manager: a mail server without TLS, that would take a password all the same; .heard
    are the lines it got."""

    daemon_threads = True

    class Session(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self):
            self.wfile.write(b"220 plain\r\n")
            for line in self.rfile:
                self.server.heard.append(line.upper())
                reply = {b"EHLO": b"250-plain\r\n250 AUTH PLAIN LOGIN\r\n", b"QUIT": b"221 bye\r\n"}
                self.wfile.write(reply.get(line[:4].upper(), b"250 ok\r\n"))

    def __init__(self, namespace, address, port):
        super().__init__((address, port), self.Session, bind_and_activate=False)
        self.heard = []
        self.socket.close()
        self.socket = namespace.socket()
        self.server_bind()
        self.server_activate()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *exception):
        self.shutdown()
        self.server_close()


@pytest.mark.parametrize("case, says", [
    ("stranger", "SSLCertVerificationError"), ("other name", "SSLCertVerificationError"),
    ("no TLS", "SMTPNotSupportedError")])
def test_password_is_for_the_right_server(control, notify, mailbox, topology, case, says):
    """Without TLS, or with a certificate that does not belong to the server, it is not told."""
    other = {"stranger": {"ca-file": None}, "other name": {"server": "203.0.113.77"},
             "no TLS": {"server": "203.0.113.78", "port": 588}}[case]
    with PlainServer(topology.internet, "203.0.113.78", 588) as plain:
        one = notify([MAIL, mailbox.settings(**other)], "--tries", "1")
        control.put(incident(1))
        eventually(lambda: "given up" in one.stderr(), one.stderr)
    assert f"not mailed: {says}" in one.stderr(), one.stderr()
    assert not mailbox.mails()
    assert not any(b"AUTH" in line for line in plain.heard)
    assert bool(plain.heard) == (case == "no TLS")
    assert "correct horse" not in one.stderr()


def check_kept(notify, control, command, path, says):
    """With a file that others may read, nothing is sent and the log says why."""
    one = notify([command, path], "--tries", "1")
    control.put(incident(control.last + 1))
    eventually(lambda: "given up" in one.stderr() or "handed over" in one.stderr(), one.stderr)
    assert f"command: {path} holds a {says}" in one.stderr()


def test_mail_settings_are_kept(control, notify, mailbox):
    """A file with a password that others may read is not used."""
    path = mailbox.settings()
    says = "password: it must belong to this user or root, with mode 0600"
    path.chmod(0o640)
    check_kept(notify, control, MAIL, path, says)
    assert not mailbox.mails()
    path.chmod(0o600)
    must_fail(check_kept, notify, control, MAIL, path, says)


def test_webhook_settings_are_kept(control, notify, web, tmp_path):
    """The same for a web server's secret."""
    path, says = web_settings(tmp_path, web), "secret: it must have mode 0600"
    path.chmod(0o644)
    check_kept(notify, control, WEBHOOK, path, says)
    assert not web.posts
    path.chmod(0o600)
    must_fail(check_kept, notify, control, WEBHOOK, path, says)


def check_posted(web, *changes):
    """So many posts have come, in this order."""
    eventually(lambda: len(web.posts) >= len(changes), lambda: f"posts: {web.posts}")
    assert [json.loads(body).get("change", json.loads(body).get("last"))
            for _, _, body in web.posts] == list(changes)


def test_webhook(control, notify, web, tmp_path):
    """The document arrives as it is, with the secret; a server that fails gets it again."""
    one = notify([WEBHOOK, web_settings(tmp_path, web)], "--rate", "100/s", "--retry", "1s")
    web.codes = [503, 302]
    control.put(incident(1, name=HOSTILE))
    check_posted(web, 1, 1, 1)
    path, headers, body = web.posts[0]
    assert json.loads(body) == {**incident(1, name=HOSTILE), "change": 1, "changed": ["opened"]}
    assert (path, headers["Authorization"], headers["Content-Type"], headers["X-Edge25-Last"]) == (
        "/hook", "Bearer correct-horse", "application/json", "1")
    assert web.posts[2][2] == body and web.posts[2][0] == "/hook"
    assert "command: the server answered 503\n" in one.stderr()
    control.close(1)
    check_posted(web, 1, 1, 1, 2)
    must_fail(check_posted, web, 1, 1, 2)


def test_webhook_digest(control, notify, web, tmp_path):
    """A large one, too."""
    notify([WEBHOOK, web_settings(tmp_path, web)], "--rate", "1/h", "--digest", "1000")
    control.put(*(incident(number) for number in range(1, 2001)))
    check_posted(web, 2000)
    document = json.loads(web.posts[0][2])
    assert (len(document["incidents"]), document["left_out"]) == (1000, 1000)


def test_webhook_needs_tls(control, notify, web, tmp_path):
    """Neither http:// nor a certificate of somebody else."""
    for address, says in ((f"http://{WEB}/hook", "not supported or disabled"),
                          ("https://203.0.113.81/hook", "SSL")):
        other = WebServer(web.namespace, tmp_path / address.replace("/", "-"), "203.0.113.81")
        with other:
            path = web_settings(tmp_path, web, address)
            one = notify([WEBHOOK, path], "--tries", "1")
            control.put(incident(control.last + 1))
            eventually(lambda: "given up" in one.stderr(), one.stderr)
            assert says in one.stderr()
            assert not other.posts and not web.posts


def manual_examples():
    """The examples of edge25-notify(8), as they stand there."""
    page = (REPOSITORY / "man/edge25-notify.8").read_text(encoding="utf-8")
    return re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", page.partition(".Sh EXAMPLES")[2],
                      re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", manual_examples(), ids=range(len(manual_examples())))
def test_manual_page(control, notify, mailbox, web, tmp_path, text):
    """Every example of the manual page does what it says."""
    replaced = {"/usr/local/share/edge25/examples/notify-mail": MAIL,
                "/etc/edge25/notify-mail.conf": mailbox.settings(),
                "/usr/local/share/edge25/examples/notify-webhook": WEBHOOK,
                "/etc/edge25/notify-webhook.conf": web_settings(tmp_path, web)}
    if text.startswith("#!"):
        script = tmp_path / "command"
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)
        options, command = [], [script]
    else:
        words = [replaced.get(word, word) for word in shlex.split(text)]
        assert words.pop(0) == "edge25-notify"
        options, command = words[:words.index("--")], words[words.index("--") + 1:]
    if command[0] == "logger":
        syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        syslog.bind(str(tmp_path / "log"))
        syslog.settimeout(20)
        command[1:1] = ["--socket", tmp_path / "log"]
    one = notify(command, *options)
    control.put(incident(7, **{"class": "infected"}))
    eventually(lambda: "handed over: incident 7" in one.stderr(), one.stderr)
    if command[0] == MAIL:
        mailbox.check("edge25: infected host 100.64.0.7 (opened)")
    elif command[0] == WEBHOOK:
        check_posted(web, 1)
    elif command[0] == "logger":
        with syslog:
            line = syslog.recv(65536).decode()
        assert line.startswith("<36>")  # auth.warning
        assert json.loads(line.partition("edge25-incident: ")[2])["id"] == 7
    else:
        assert "command: 100.64.0.7; infected; 41 different mail servers in 5 min" in one.stderr()
