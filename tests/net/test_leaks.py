# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing leaks from a blocked range while ranges, policies, entries and processes change under a
flood. The long runs of the same are in tests/scale."""

import pytest

from lab.leaks import CHANGES, HOME, leak, removed
from lab.promise import must_fail


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_leaks(edge25, topology, change):
    daemon = edge25(HOME)
    leak(topology, daemon, change, changes=2, frames=20000, seconds=1.5, rate=20000).check()


def test_nothing_leaks_control_run(edge25, topology):
    """With the table taken away in between, packets do leak, and the oracle notices."""
    daemon = edge25(HOME)
    must_fail(leak(topology, daemon, removed, changes=1, frames=1, seconds=1.5, rate=20000).check)
