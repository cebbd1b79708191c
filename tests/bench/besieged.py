# SPDX-License-Identifier: GPL-2.0-or-later
"""What everyone else notices of clients that stall or flood the control socket: the time that status
takes."""

from lab.siege import Caller, besieged

from filters import Edge25Gateway
from report import Row
from traffic import prefer_daemon

PREFIXES, REMEMBERED = 1_000, 1 << 16
CALLS, PAUSE = 1000, 0.002  # of status, one after the other, a new connection each
WARM = 50
USERS = ("games", "mail", "news", "lp")
SIEGES = {
    "1,000 stalled clients of four users": [(user, "stalled", 250) for user in USERS],
    "floods of short lines by four users": [(user, "talking", 8) for user in USERS],
    "status without end by four users": [(user, "asking", 60) for user in USERS],
    "floods with lines of 1 MiB by four users": [(user, "shouting", 8) for user in USERS],
}
IDLE = "idle"


def status_besieged(report, rounds, directory):
    """p50 and p99 of each, beside those of the same round without."""
    gathered = {name: [] for name in (IDLE, *SIEGES)}
    with Edge25Gateway(directory, PREFIXES, REMEMBERED) as gateway:
        caller = Caller(gateway.daemon)
        prefer_daemon(gateway.daemon)
        caller.times(WARM)
        for _ in range(rounds):
            for name in gathered:
                with besieged(gateway.daemon, SIEGES.get(name, [])):
                    caller.times(WARM, PAUSE)
                    gathered[name].append([1e6 * one for one in caller.times(CALLS, PAUSE)])
    report.title("15  STATUS WHILE THE SOCKET IS BESIEGED",
                 f"{CALLS} calls of status by another user, from the connection to the reply. "
                 "Stalled clients send half a request, or a byte a second, or ask and take nothing; "
                 "those that are sent away come again within a second. Floods are random bytes, cut "
                 "and nested JSON on 8 connections of each user; status without end is on 60 of each. edge25 and who calls come before all "
                 "other programs when a processor is free, for how much these take of it is not the "
                 "socket's matter.")
    for label, share in (("median", 0.5), ("99th of 100", 0.99)):
        report.table(f"status, {label}", "us", [
            Row(name, [times[int(len(times) * share)] for times in rows], rows)
            for name, rows in gathered.items()], [IDLE])
