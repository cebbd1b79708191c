# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of hosts: what they are, who plays them, on what lines.

`held_out` kinds are for the evaluation alone: no threshold and no rule may be chosen after them.
`alike` kinds do the same as kinds with the other label, as far as a gateway sees it; they are shown
and left out of precision and recall.
"""

import dataclasses
import typing

import bots
import devices
import senders


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    play: typing.Callable
    bot: bool = False
    held_out: bool = False
    alike: bool = False
    passed: bool = False      # on a line where port 25 is open (guard)
    hours: tuple = (2, 24)
    windows: float = 0.0      # share of hosts
    ipv6: float = 0.0
    moving: tuple = ()        # IPv6 source addresses change: seconds, 0: each connection
    submits: float = 0.4      # share with somebody who also uses 587 or 465

    @property
    def label(self):
        return "bot" if self.bot else "not"


def _legitimate(name, play, **others):
    return Kind(name, play, **others)


def _bot(name, play, **others):
    return Kind(name, play, bot=True, **({"windows": 0.85, "submits": 0.3, "hours": (24, 24)} | others))


KINDS = [
    _legitimate("client-desktop", devices.client_desktop, windows=0.8),
    _legitimate("client-addresses", devices.client_addresses, windows=0.8),
    _legitimate("printer", devices.printer),
    _legitimate("nas", devices.nas, ipv6=0.2),
    _legitimate("camera", devices.camera),
    _legitimate("camera-provider", devices.camera_provider),
    _legitimate("monitor", devices.monitor, ipv6=0.2),
    _legitimate("newsletter-postfix", senders.newsletter_postfix, hours=(3, 12)),
    _legitimate("newsletter-exim", senders.newsletter_exim, hours=(3, 12)),
    _legitimate("newsletter-sendmail", senders.newsletter_sendmail, hours=(3, 12)),
    _legitimate("newsletter-stopped", senders.newsletter_stopped),
    _legitimate("queue-left", senders.queue_left),
    _legitimate("server-daily", senders.server_daily, hours=(6, 24)),
    _bot("bot-fast", bots.fast),
    _bot("bot-slow", bots.slow),
    _bot("bot-hammer", bots.hammer),
    _bot("bot-relist", bots.relist),
    _bot("bot-scan", bots.scan, windows=0.3),
    _bot("bot-ipv6", bots.moving, ipv6=1.0, moving=(0, 0, 60, 600)),

    _legitimate("client-phone", devices.client_phone, held_out=True, ipv6=0.5,
                moving=(3600, 86400)),
    _legitimate("monitor-many", devices.monitor_many, held_out=True),
    _legitimate("mailing-list", senders.mailing_list, held_out=True, hours=(6, 24)),
    _legitimate("server-others", senders.server_others, held_out=True, hours=(4, 24)),
    _bot("bot-bursts", bots.bursts, held_out=True),
    _bot("bot-provider", bots.provider, held_out=True),
    _bot("bot-last-mx", bots.last_exchanger, held_out=True),

    _legitimate("passed-client", devices.passed_client, passed=True, windows=0.8),
    _legitimate("passed-printer", devices.passed_printer, passed=True),
    _legitimate("passed-server", senders.business_server, passed=True, hours=(8, 24)),
    _legitimate("passed-newsletter", senders.business_newsletter, passed=True, hours=(3, 12)),
    _bot("passed-bot-fast", bots.passed_fast, passed=True),
    _bot("passed-bot-slow", bots.passed_slow, passed=True),
    _legitimate("passed-list", senders.business_list, held_out=True, passed=True, hours=(6, 24)),
    _bot("passed-bot-bursts", bots.passed_bursts, held_out=True, passed=True),

    _legitimate("server-callout", senders.callout, alike=True, hours=(2, 12)),
    _legitimate("device-loop", devices.loop, alike=True),
    _bot("bot-own-queue", bots.own_queue, alike=True, windows=0.0, hours=(4, 12)),
    _bot("bot-rare", bots.rare, alike=True),
]

BY_NAME = {kind.name: kind for kind in KINDS}
