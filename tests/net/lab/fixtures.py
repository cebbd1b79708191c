# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixtures of the tests that use the laboratory; their conftest.py takes them all.

    topology    the namespaces, for the whole run
    mail        the mail server in the internet, for the whole run
    client      a MailClient of subscriber 0
    edge25      start edge25 in the gateway: edge25(configuration) -> Edge25, healthy; stopped, and
                its table removed, at the end of the test
    gate        what the gateway does to connections, told by wires and servers
"""

import itertools

import pytest

from .client import MailClient
from .edge25 import HOME, Edge25, missing_programs
from .gate import Gate
from .host import leave_by_exception, obstacle, work_directory
from .mail import MailServer
from .namespaces import Topology
from .sockets import wait_until_settled


def pytest_configure(config):
    """A run that is ended by a signal undoes what it made."""
    del config
    leave_by_exception()


@pytest.fixture(scope="session", name="laboratory")
def fixture_laboratory():
    """Skips what cannot run here; the work directory of the run."""
    reason = obstacle()
    if reason:
        pytest.skip(reason)
    with work_directory() as path:
        yield path


@pytest.fixture(scope="session", name="topology")
def fixture_topology(laboratory):
    """The namespaces."""
    del laboratory
    with Topology() as topology:
        yield topology


@pytest.fixture(scope="session", name="mail")
def fixture_mail(topology, laboratory):
    """The mail server in the internet."""
    with MailServer(topology.internet, laboratory / "mail") as server:
        yield server


@pytest.fixture(name="client")
def fixture_client(topology, mail):
    """A mail client of subscriber 0; the mail server runs."""
    del mail
    return MailClient(topology.subscribers[0])


@pytest.fixture(scope="session", name="gate")
def fixture_gate(topology):
    """Checks of what the gateway does."""
    return Gate(topology)


@pytest.fixture(scope="session", name="serial")
def fixture_serial():
    """Numbers for directories."""
    return itertools.count(1)


@pytest.fixture(name="edge25")
def fixture_edge25(topology, laboratory, serial):
    """A function that starts edge25 in the gateway with a configuration."""
    missing = missing_programs()
    if missing:
        pytest.fail(f"not built: {' '.join(missing)}; run make first")
    started = []

    def start(configuration=HOME, healthy=True, prepare=None, mounts=(), **options):
        directory = laboratory / f"edge25-{next(serial)}"
        started.append(Edge25(topology.gateway, directory, configuration))
        started[-1].mounts = dict(mounts)
        if prepare:
            prepare(directory)
        started[-1].start(healthy, **options)
        return started[-1]

    yield start
    try:
        for daemon in started:
            daemon.stop()
    finally:
        for daemon in started:
            daemon.remove()
        wait_until_settled(topology.crowd)
