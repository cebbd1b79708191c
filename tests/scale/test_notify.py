# SPDX-License-Identifier: GPL-2.0-or-later
"""More incidents than edge25-notify keeps: it stops asking until a digest has been taken."""

from lab.host import wait_for
from lab.notices import fixture_control, fixture_notify  # noqa: F401
from lab.notify import FakeControl, incident
from lab.promise import eventually

INCIDENTS = 150_000  # 65,536 wait as numbers at most
MEBIBYTE = 1 << 20


class Many(FakeControl):
    """A control with so many incidents, made as they are asked for."""

    def _list(self, state="all", after=0, limit=100):
        del state
        last = min(self.last, after + limit)
        return {"incidents": [{**incident(number), "change": number}
                              for number in range(after + 1, last + 1)], "last": self.last}


def test_more_than_it_keeps(notify, control, figure):
    """Each is counted in a digest, none twice, and memory stays bounded."""
    control.stop()
    with Many(control.path) as many:
        one = notify("--rate", "1/5s", "--digest", "1")
        eventually(many.watchers, one.stderr)
        many.last = INCIDENTS
        many.send(b'{"jsonrpc":"2.0","method":"events.lost","params":{"count":1}}')
        wait_for(lambda: one.documents() and one.documents()[-1].get("last") == INCIDENTS,
                 one.stderr, patience=300)
        digests = one.documents()
        figure("150,000 incidents: most memory", f"{one.memory() / MEBIBYTE:.0f} MB")
    assert len(digests) > 1
    assert all(digest["count"] <= 65536 + 100 for digest in digests)
    assert sum(digest["count"] for digest in digests) == INCIDENTS
    assert [digest["after"] for digest in digests] == [0, *(digest["last"]
                                                           for digest in digests[:-1])]
    assert one.memory() < 40 * MEBIBYTE
    assert one.stderr().count("that the oldest were told is forgotten") == 1
