# SPDX-License-Identifier: GPL-2.0-or-later
"""A real mail server: Debian's postfix, unmodified, with everything it writes in one directory.

25   takes mail for DOMAIN from anybody (an MX)
587  asks for STARTTLS, then for a password, then relays (submission, RFC 6409)
465  speaks TLS from the first byte, then the same (RFC 8314)

The machine's own /etc/postfix, queue and services are not used.
"""

import email
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

from .host import LabError, wait_for
from .sockets import family_of

DOMAIN = "example.net"
RECIPIENT = f"inbox@{DOMAIN}"
USER, PASSWORD = f"subscriber@{DOMAIN}", "correct horse"
PORTS = (25, 465, 587)
ADDRESSES = ("203.0.113.25", "2001:db8:f::25")  # of its certificate
LIBRARY = "/usr/lib/postfix/sbin"
NOBODY = 65534

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
daemon_directory = {library}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
myhostname = mx.{domain}
mydestination =
mynetworks =
inet_interfaces = all
inet_protocols = all
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = {directory}/mail
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtpd_client_connection_count_limit = 0
smtpd_timeout = 1h
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_chain_files = {directory}/tls.pem
smtpd_tls_security_level = may
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {domain}
cyrus_sasl_config_path = {directory}/sasl
"""

SUBMISSION = """\
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_auth_only=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""

MASTER_CF = f"""\
smtp       inet  n  -  n  -     -  smtpd
submission inet  n  -  n  -     -  smtpd
  -o smtpd_tls_security_level=encrypt
{SUBMISSION}\
submissions inet n  -  n  -     -  smtpd
  -o smtpd_tls_wrappermode=yes
{SUBMISSION}\
cleanup    unix  n  -  n  -     0  cleanup
qmgr       unix  n  -  n  300   1  qmgr
tlsmgr     unix  -  -  n  1000? 1  tlsmgr
rewrite    unix  -  -  n  -     -  trivial-rewrite
bounce     unix  -  -  n  -     0  bounce
defer      unix  -  -  n  -     0  bounce
trace      unix  -  -  n  -     0  bounce
proxymap   unix  -  -  n  -     -  proxymap
error      unix  -  -  n  -     -  error
retry      unix  -  -  n  -     -  error
virtual    unix  -  n  n  -     -  virtual
anvil      unix  -  -  n  -     1  anvil
postlog    unix-dgram n - n -   1  postlogd
"""

SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {directory}/sasl/users.db
mech_list: PLAIN LOGIN
"""

QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
          "private", "saved", "trace")


class MailServer:
    """Context manager: postfix in a namespace, answering on every address of it."""

    def __init__(self, namespace, directory):
        self.namespace = namespace
        self.directory = pathlib.Path(directory)
        self.master = None

    def __enter__(self):
        self._prepare()
        with open(self.directory / "stderr", "w", encoding="utf-8") as stderr:
            self.master = self.namespace.popen(
                [f"{LIBRARY}/master", "-c", self.directory, "-d"], stdout=stderr, stderr=stderr)
        try:
            wait_for(self._answers, lambda: f"postfix to answer\n{self.log()}")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        """End postfix and all its processes."""
        if self.master and self.master.poll() is None:
            os.killpg(self.master.pid, signal.SIGTERM)
            self.master.wait()

    def messages(self):
        """The messages in the mailbox."""
        return [email.message_from_bytes(path.read_bytes())
                for path in sorted((self.directory / "mail/inbox/new").glob("*"))]

    def holds(self, token):
        """Whether a message with this subject is in the mailbox."""
        return any(message["Subject"] == token for message in self.messages())

    def wait_for_message(self, token):
        """Wait until the message with this subject is in the mailbox."""
        wait_for(lambda: self.holds(token), lambda: f"message {token} in the mailbox\n{self.log()}")

    def log(self):
        """What postfix said."""
        paths = (self.directory / "stderr", self.directory / "mail.log")
        return "".join(path.read_text(encoding="utf-8", errors="replace")
                       for path in paths if path.exists())

    def _prepare(self):
        for name in ("mail", "data", "queue", "sasl"):
            (self.directory / name).mkdir(parents=True)
        settings = {"directory": self.directory, "domain": DOMAIN, "library": LIBRARY,
                    "nobody": NOBODY}
        main = self.directory / "main.cf"
        main.write_text(MAIN_CF.format(**settings), encoding="utf-8")
        os.utime(main, (0, 0))  # postfix does not believe a file younger than two seconds
        (self.directory / "master.cf").write_text(MASTER_CF, encoding="utf-8")
        (self.directory / "sasl/smtpd.conf").write_text(SASL.format(**settings), encoding="utf-8")
        self._make_certificate()
        self._make_queue()
        users = self.directory / "sasl/users.db"
        _run(["saslpasswd2", "-p", "-c", "-f", users, "-u", DOMAIN, USER.split("@")[0]], PASSWORD)
        shutil.chown(users, "postfix")
        shutil.chown(self.directory / "data", "postfix")
        os.chown(self.directory / "mail", NOBODY, NOBODY)

    def _make_certificate(self):
        key, certificate = self.directory / "key.pem", self.directory / "certificate.pem"
        _run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-nodes", "-days", "2", "-subj", f"/CN=mx.{DOMAIN}", "-addext",
              f"subjectAltName={','.join(f'IP:{address}' for address in ADDRESSES)}",
              "-keyout", key, "-out", certificate])
        chain = self.directory / "tls.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(key.read_bytes() + certificate.read_bytes())

    def _make_queue(self):
        owner = pwd.getpwnam("postfix").pw_uid
        queue = self.directory / "queue"
        for name, mode, group in (*((name, 0o700, None) for name in QUEUES),
                                  ("public", 0o2710, "postdrop"), ("maildrop", 0o1730, "postdrop")):
            (queue / name).mkdir()
            shutil.chown(queue / name, owner, group)
            (queue / name).chmod(mode)
        (queue / "pid").mkdir()

    def _answers(self):
        if self.master.poll() is not None:
            raise LabError(f"postfix ended at once\n{self.log()}")
        return all(self._greets(address, port)
                   for port in PORTS for address in ("127.0.0.1", "::1"))

    def _greets(self, address, port):
        with self.namespace.socket(family_of(address)) as peer:
            peer.settimeout(5)
            try:
                peer.connect((address, port))
                return port == 465 or peer.recv(256).startswith(b"220 ")
            except OSError:
                return False


def _run(argv, text=""):
    result = subprocess.run([str(word) for word in argv], input=text, capture_output=True,
                            text=True)
    if result.returncode != 0:
        raise LabError(f"{argv[0]}: {result.stderr.strip()}")
