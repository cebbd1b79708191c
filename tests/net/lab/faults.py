# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults, injected into a running edge25 and taken back at the end of a block.

    frozen(pid)          a process stands still
    killed(edge25, ...)  processes are killed and nobody starts them again until the end
    Thread(pid, name)    one thread of a process stands still, at a system call if so wished
    bound(...)           another program is bound to a queue
    owned(...)           another program owns the table
    Memory               allocations fail
    Disk                 whoever waits for the disk waits
    narrowed(...)        a queue has hardly any receive buffer
    queues(edge25)       the kernel's own word on who listens and how much is held
    questions(edge25)    and on how many packets were asked about
    is_settled(edge25)   no question from before a change of entries waits for its answer
"""

import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import platform
import re
import signal
import socket
import sqlite3
import struct
import subprocess

from .edge25 import CONTROL, ENGINE
from .host import LabError, wait_for
from .preload import Preloaded, shared

NETLINK_NETFILTER = 12
BIND = 3 << 8 | 2  # NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG
REQUEST_ACK = 1 | 4
PIDFD_GETFD = 438
SO_RCVBUFFORCE = 33

_libc = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass(frozen=True)
class Queue:
    """One line of /proc/net/netfilter/nfnetlink_queue."""

    number: int
    holder: int  # netlink port
    held: int
    asked: int   # packets handed to it since it was bound


def queues(edge25):
    """The bound queues of the gateway."""
    with edge25.namespace.entered():
        text = pathlib.Path("/proc/thread-self/net/netfilter/nfnetlink_queue").read_text()
    lines = (line.split() for line in text.splitlines())
    return [Queue(int(line[0]), int(line[1]), int(line[2]), int(line[7])) for line in lines]


def asked(edge25):
    """How many packets the kernel has handed to the queues since they were bound."""
    return sum(queue.asked for queue in queues(edge25))


def questions(edge25):
    """How many of those were questions, by the kernel's count since the table was made."""
    listed = edge25.namespace.run(["nft", "-j", "list counters table inet edge25"]).stdout
    counters = [entry["counter"] for entry in json.loads(listed)["nftables"] if "counter" in entry]
    return sum(counter["packets"] for counter in counters if counter["name"].startswith("asked_"))


def is_settled(edge25):
    """Has the engine seen every question answered that is older than the last change of entries?
    It then fills a set, which is empty before."""
    listed = edge25.namespace.run(["nft", "list table inet edge25"]).stdout
    return re.search(r"set settled_\d {[^}]*elements = ", listed) is not None


def wait_until_held(edge25, count):
    """Wait until the kernel holds exactly so many packets."""
    wait_for(lambda: sum(queue.held for queue in queues(edge25)) == count,
             lambda: f"{count} held packets: {queues(edge25)}")


@contextlib.contextmanager
def frozen(pid):
    """A process, with every thread of it, stands still (SIGSTOP) for the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: set(_states(pid)) <= {"T", "t"}, f"process {pid} to stand still")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def killed(edge25, *programs):
    """ENGINE, CONTROL or both are killed (SIGKILL) and stay away for the block, because edge25d
    stands still; afterwards they are back and edge25 is healthy."""
    with frozen(edge25.pid()):
        old = {program: edge25.signal(program, signal.SIGKILL) for program in programs}
        for pid in old.values():
            wait_until_ended(pid)
        yield
    for program, pid in old.items():
        edge25.wait_for_new(program, pid)
    edge25.wait_until_healthy()


class Thread:
    """Context manager: a thread of a process stands still by ptrace(2), while the others go on."""

    _SEIZE, _INTERRUPT, _SYSCALL, _DETACH = 0x4206, 0x4207, 24, 17
    _SYSCALL_INFO, _ENTRY, _SYSGOOD = 0x420e, 1, 1
    _WALL = 0x40000000
    SENDTO = {"x86_64": 44, "aarch64": 206}.get(platform.machine())
    RECVMMSG = {"x86_64": 299, "aarch64": 243}.get(platform.machine())
    MOST = 100  # system calls on the way to the one that is waited for

    def __init__(self, pid, name):
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._id = next(int(path.parent.name) for path in
                        pathlib.Path(f"/proc/{pid}/task").glob("*/comm")
                        if path.read_text().strip() == name)

    def __enter__(self):
        self._trace(self._SEIZE, 0, self._SYSGOOD)
        self._trace(self._INTERRUPT)
        self._wait()
        return self

    def __exit__(self, *exception):
        self._trace(self._DETACH)

    def run_to(self, number):
        """Let it go on until it is about to do this system call."""
        for _ in range(self.MOST):
            self._trace(self._SYSCALL)
            self._wait()
            info = ctypes.create_string_buffer(88)  # struct ptrace_syscall_info
            self._trace(self._SYSCALL_INFO, len(info), ctypes.addressof(info))
            if info.raw[0] == self._ENTRY and struct.unpack_from("=Q", info.raw, 24)[0] == number:
                return
        raise LabError(f"no system call {number} among {self.MOST}")

    def run_through(self, number):
        """Let it go on until it has done this system call, and nothing else since."""
        self.run_to(number)
        self._trace(self._SYSCALL)
        self._wait()

    def _trace(self, request, address=0, data=0):
        arguments = (ctypes.c_long(value) for value in (request, self._id, address, data))
        if self._libc.ptrace(*arguments) < 0:
            raise LabError(f"ptrace {request:#x}: {os.strerror(ctypes.get_errno())}")

    def _wait(self):
        wait_for(lambda: os.waitpid(self._id, os.WNOHANG | self._WALL)[0] == self._id,
                 f"thread {self._id} to stand still")


@contextlib.contextmanager
def bound(namespace, number):
    """A queue has a listener that answers nothing, for the block."""
    command = struct.pack("=HHBBH", 8, 1, 1, 0, 0)  # NFQA_CFG_CMD, NFQNL_CFG_CMD_BIND
    body = struct.pack("!BBH", 0, 0, number) + command
    with namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as listener:
        listener.send(struct.pack("=IHHII", 16 + len(body), BIND, REQUEST_ACK, 0, 0) + body)
        error = struct.unpack("=i", listener.recv(256)[16:20])[0]
        assert error == 0, f"queue {number}: {os.strerror(-error)}"
        yield


@contextlib.contextmanager
def owned(namespace):
    """An nft that stays holds a table inet edge25 of its own for the block."""
    with namespace.popen(["nft", "-i"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                         text=True) as nft:
        try:
            nft.stdin.write("add table inet edge25 { flags owner; }\n")
            nft.stdin.flush()
            wait_for(lambda: "inet edge25" in namespace.run(["nft", "list", "tables"]).stdout,
                     "the table of another program")
            yield
        finally:
            nft.kill()


class Memory(Preloaded):
    """Allocations of ENGINE and CONTROL, by no_memory.c."""

    EVERY, CALLS, FAILED, LEAST = range(4)

    def __init__(self, directory):
        super().__init__("no_memory", directory)
        directory.mkdir()
        self._orders = {program: shared(directory / program, "I", 4)
                        for program in (ENGINE, CONTROL)}

    @contextlib.contextmanager
    def failing(self, program, every, least=0):
        """One of so many allocations, of those that are not smaller, fails, for the block."""
        orders = self._orders[program]
        orders[self.LEAST] = least
        orders[self.EVERY] = every
        try:
            yield
        finally:
            orders[self.EVERY] = 0

    def failed(self, program):
        """How many have failed so far."""
        return self._orders[program][self.FAILED]


class Disk(Preloaded):
    """What CONTROL writes gets to the disk, or does not, by slow_disk.c."""

    STANDS, INSIDE = range(2)

    def __init__(self, path):
        super().__init__("slow_disk", path)
        self._orders = shared(path, "I", 2)

    @contextlib.contextmanager
    def standing(self):
        """It takes nothing, for the block."""
        self._orders[self.STANDS] = 1
        try:
            yield
        finally:
            self.go_on()

    def go_on(self):
        """It takes what it was given."""
        self._orders[self.STANDS] = 0

    def waited_for(self):
        """Does somebody wait for it?"""
        return self._orders[self.INSIDE] > 0


@contextlib.contextmanager
def full(directory):
    """No byte more fits, for the block."""
    filler = directory / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def read_only(directory):
    """No file can be made there by control's user, for the block: SQLite needs one to write."""
    mode, owner = directory.stat().st_mode & 0o7777, directory.stat()
    subprocess.run(["chown", "root", directory], check=True)
    directory.chmod(0o555)
    try:
        yield
    finally:
        subprocess.run(["chown", str(owner.st_uid), directory], check=True)
        directory.chmod(mode)


@contextlib.contextmanager
def locked(directory):
    """Another program is in the midst of a change, for the block."""
    with contextlib.closing(sqlite3.connect(directory / "edge25.db")) as database:
        database.isolation_level = None
        database.execute("BEGIN EXCLUSIVE")
        yield
        database.execute("ROLLBACK")


@contextlib.contextmanager
def narrowed(edge25, program=ENGINE):
    """The receive buffers of all netfilter sockets of a process hold next to nothing, for the
    block."""
    pid = edge25.pid(program)
    held = []
    process = os.pidfd_open(pid)
    try:
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            descriptor = _libc.syscall(PIDFD_GETFD, process, int(entry.name), 0)
            if descriptor < 0:
                continue
            try:
                found = socket.socket(fileno=descriptor)
            except OSError:
                os.close(descriptor)
                continue
            if (found.family, found.proto) != (socket.AF_NETLINK, NETLINK_NETFILTER):
                found.close()
                continue
            held.append((found, found.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)))
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        yield
    finally:
        for found, room in held:
            found.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, room // 2)
            found.close()
        os.close(process)


def wait_until_ended(pid):
    """Wait until a process is gone, or only its parent has not noticed yet."""
    wait_for(lambda: set(_states(pid)) <= {"Z"}, f"process {pid} to end")


def _states(pid):
    """The state of each thread of a process, as a letter of proc(5)."""
    states = []
    with contextlib.suppress(FileNotFoundError):  # it may end at any moment
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                states.append(path.read_text().rpartition(")")[2].split()[0])
    return states
