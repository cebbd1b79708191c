# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults, injected into a running edge25 and taken back at the end of a block.

    frozen(pid)          a process stands still
    killed(edge25, ...)  processes are killed and nobody starts them again until the end
    bound(...)           another program is bound to a queue
    owned(...)           another program owns the table
    queues(edge25)       the kernel's own word on who listens and how much is held
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import struct
import subprocess

from .host import wait_for

NETLINK_NETFILTER = 12
BIND = 3 << 8 | 2  # NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG
REQUEST_ACK = 1 | 4


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
