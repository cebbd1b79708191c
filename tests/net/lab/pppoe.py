# SPDX-License-Identifier: GPL-2.0-or-later
"""PPPoE sessions in the kernel, without a daemon: nothing is discovered and nothing negotiated."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import stat
import struct

from .host import LabError

AF_PPPOX = 24
STREAM = 1
SESSION = 25
DEVICE = pathlib.Path("/dev/ppp")
NUMBER = os.makedev(108, 0)
# include/uapi/linux/ppp-ioctl.h
PPPIOCGCHAN, PPPIOCATTCHAN, PPPIOCCONNECT, PPPIOCNEWUNIT = (
    0x80047437, 0x40047438, 0x4004743a, 0xc004743e)

_libc = ctypes.CDLL(None, use_errno=True)


class Missing(Exception):
    """This kernel has no PPPoE."""


@contextlib.contextmanager
def session(namespace, interface, peer):
    """One end of a session, ppp0, on an interface, for the block; peer: its MAC address."""
    with contextlib.ExitStack() as stack:
        with namespace.entered():
            _start(stack, interface, peer)
        yield


def _start(stack, interface, peer):
    line = _libc.socket(AF_PPPOX, STREAM, 0)
    if line < 0:
        raise Missing(f"PPPoE: {os.strerror(ctypes.get_errno())}")
    stack.callback(os.close, line)
    address = (struct.pack("=HI", AF_PPPOX, 0) + struct.pack("!H", SESSION)
               + bytes.fromhex(peer.replace(":", "")) + interface.encode().ljust(16, b"\0"))
    if _libc.connect(line, address, len(address)):
        raise LabError(f"PPPoE on {interface}: {os.strerror(ctypes.get_errno())}")
    if not DEVICE.exists():
        os.mknod(DEVICE, stat.S_IFCHR | 0o600, NUMBER)
    channel, unit = (os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC) for _ in range(2))
    stack.callback(os.close, channel)
    stack.callback(os.close, unit)
    fcntl.ioctl(channel, PPPIOCATTCHAN, fcntl.ioctl(line, PPPIOCGCHAN, struct.pack("i", 0)))
    fcntl.ioctl(channel, PPPIOCCONNECT, fcntl.ioctl(unit, PPPIOCNEWUNIT, struct.pack("i", -1)))
