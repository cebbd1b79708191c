# SPDX-License-Identifier: GPL-2.0-or-later
"""What the laboratory needs of the machine it runs on, and how it waits and leaves."""

import contextlib
import os
import pathlib
import shutil
import signal
import tempfile
import time

PROGRAMS = ("ip", "nft", "openssl", "postconf", "saslpasswd2", "swaks", "tcpdump")
SLOWNESS = float(os.environ.get("EDGE25_SLOWNESS", "1"))  # of an emulated machine; stretches limits
PATIENCE = 20.0  # seconds; a limit for conditions that normally hold within milliseconds
POLL = 0.02
LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LabError(Exception):
    """The laboratory, not the product, does not work."""


def obstacle():
    """Why the laboratory cannot run here, in one line, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [program for program in PROGRAMS if not shutil.which(program, path=path)]
    if missing:
        return f"missing: {' '.join(missing)} (see tests/net/packages.txt)"
    return None


def wait_for(condition, what, patience=PATIENCE):
    """Wait until condition() is true and return its value; say what was awaited if it never is."""
    patience *= SLOWNESS
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            detail = what() if callable(what) else what
            raise LabError(f"waited {patience:g} s for {detail}")
        time.sleep(POLL)


@contextlib.contextmanager
def work_directory():
    """A temporary directory that daemons with users of their own can enter; removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="e25-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        with undisturbed():
            shutil.rmtree(path, ignore_errors=True)


def leave_by_exception():
    """Make the signals that end a program raise KeyboardInterrupt, so that everything is undone."""
    for number in LEAVING:
        signal.signal(number, signal.default_int_handler)


@contextlib.contextmanager
def undisturbed():
    """Hold back the signals that end a program until the block, which undoes something, is done."""
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, LEAVING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
