# SPDX-License-Identifier: GPL-2.0-or-later
"""Name servers in the internet: Debian's dnsmasq, whose records change while it runs, and one that
means harm."""

import contextlib
import ipaddress
import pathlib
import signal
import socket
import struct
import threading

from .dhcp import dnsmasq_program
from .host import wait_for

ADDRESS = "203.0.113.53"
DOMAIN = "example.net"  # of which the server knows all names
TTL = 1
TYPE_A, TYPE_AAAA = 1, 28


class NameServer:
    """Context manager: dnsmasq with the records of DOMAIN. Nothing is asked of anybody else."""

    def __init__(self, namespace, directory):
        self.directory = pathlib.Path(directory)
        self._namespace = namespace
        self._records = {}
        self._process = None

    def __enter__(self):
        self.directory.mkdir()
        self.directory.chmod(0o755)
        self.mounts = resolver_files(self.directory)
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        """Answer."""
        self._write()
        with open(self.directory / "log", "a", encoding="utf-8") as log:
            self._process = self._namespace.popen(
                [dnsmasq_program(), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                 "--no-hosts", "--user=nobody", "--log-facility=-", "--pid-file",
                 f"--addn-hosts={self.directory}/records", f"--local=/{DOMAIN}/",
                 f"--local-ttl={TTL}", f"--listen-address={ADDRESS}", "--bind-interfaces"],
                stdout=log, stderr=log)
        wait_for(lambda: self.ask("ready." + DOMAIN), lambda: f"dnsmasq to answer\n{self.log()}")

    def stop(self):
        """Do not answer any more: who asks hears so at once."""
        if self._process:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    @contextlib.contextmanager
    def silent(self):
        """Not a word until the end of the block, as when packets are lost."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def say(self, **names):
        """From now on the names, without DOMAIN, have these addresses, and those before not."""
        for name, addresses in names.items():
            self._records[name] = [addresses] if isinstance(addresses, str) else list(addresses)
        self._write()
        self._process.send_signal(signal.SIGHUP)
        for name, addresses in names.items():
            wait_for(lambda name=name, addresses=self._records[name]:
                     set(self.ask(f"{name}.{DOMAIN}")) == set(addresses),
                     lambda name=name: f"{name} to be known\n{self.log()}")

    def ask(self, name):
        """What the server says of a name; an empty list for nothing."""
        found = []
        for kind in (TYPE_A, TYPE_AAAA):
            with self._namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.settimeout(0.5)
                peer.connect((ADDRESS, 53))
                try:
                    peer.send(_question(name, kind))
                    found += _addresses(peer.recv(65535), kind)
                except OSError:  # not there yet
                    return []
        return found

    def log(self):
        """What dnsmasq said."""
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    def _write(self):
        lines = [f"{address} {name}.{DOMAIN}"
                 for name, addresses in {**self._records, "ready": ["192.0.2.200"]}.items()
                 for address in addresses]
        (self.directory / "records").write_text("\n".join(lines) + "\n", encoding="utf-8")


def resolver_files(directory):
    """Files for a program that shall ask the name server: what they are put in place of."""
    resolvers, hosts = directory / "resolv.conf", directory / "hosts"
    resolvers.write_text(f"nameserver {ADDRESS}\n", encoding="utf-8")
    hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
    return {"/etc/resolv.conf": resolvers, "/etc/hosts": hosts}


class HostileNameServer:
    """Context manager: answers each question of an address with what answer(kind) says, a list of
    addresses, by TCP where they are many, and with a time to live of 0. asked counts questions."""

    def __init__(self, namespace, answer):
        self.asked = 0
        self._answer = answer
        self._sockets = [namespace.socket(socket.AF_INET, kind)
                         for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
        self._threads = [threading.Thread(target=serve, args=(peer,), daemon=True)
                         for serve, peer in zip((self._datagrams, self._streams), self._sockets)]

    def __enter__(self):
        for peer in self._sockets:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            peer.bind((ADDRESS, 53))
        self._sockets[1].listen(64)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        for peer in self._sockets:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()
        for thread in self._threads:
            thread.join(20)

    def _datagrams(self, peer):
        with contextlib.suppress(OSError):
            while True:
                question, client = peer.recvfrom(4096)
                self.asked += 1
                if question:
                    peer.sendto(_reply(question, None), client)

    def _streams(self, peer):
        with contextlib.suppress(OSError):
            while True:
                client, _ = peer.accept()
                with client, contextlib.suppress(OSError):
                    self._stream(client)

    def _stream(self, client):
        client.settimeout(5)
        while True:
            length = client.recv(2, socket.MSG_WAITALL)
            if len(length) < 2:
                return
            question = client.recv(struct.unpack("!H", length)[0], socket.MSG_WAITALL)
            reply = _reply(question, self._answer(_kind(question)))
            client.sendall(struct.pack("!H", len(reply)) + reply)


def _question(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 25, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)


def _question_end(message):
    return message.index(b"\0", 12) + 5


def _kind(question):
    return struct.unpack("!H", question[_question_end(question) - 4:][:2])[0]


def _reply(question, addresses):
    """With ADDRESSES; None: that they are too many for a datagram (RFC 1035, section 4.2.1)."""
    flags = 0x8180 | (0x0200 if addresses is None else 0)
    packed = [ipaddress.ip_address(address).packed for address in addresses or ()]
    records = b"".join(struct.pack("!HHHIH", 0xc00c, _kind(question), 1, 0, len(address)) + address
                       for address in packed)
    return (question[:2] + struct.pack("!5H", flags, 1, len(packed), 0, 0)
            + question[12:_question_end(question)] + records)


def _addresses(message, kind):
    """The addresses in an answer whose names are all compressed, as dnsmasq's are."""
    count, at, found = struct.unpack("!H", message[6:8])[0], _question_end(message), []
    for _ in range(count):
        number, _, _, length = struct.unpack("!HHIH", message[at + 2:at + 12])
        if number == kind:
            found.append(str(ipaddress.ip_address(message[at + 12:at + 12 + length])))
        at += 12 + length
    return found
