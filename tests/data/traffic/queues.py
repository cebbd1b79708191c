# SPDX-License-Identifier: GPL-2.0-or-later
"""The queues of mail servers: when they come back to a server that refused.

Postfix   a message waits as long as it is old, 300 to 4000 s, and is looked for every 300 s; a
          destination that refused is left alone by other messages too (qmgr(8), postconf(5):
          minimal_backoff_time, maximal_backoff_time, queue_run_delay, smtp_mx_address_limit 5)
Exim      every 15 min for 2 h, then after 1 h, 1.5 h, 2.25 h and so on to 16 h, then every 6 h; it
          looks every 30 min (Debian's QUEUEINTERVAL; others 15 or 60 min), at one message after
          the other (retry rule of the default configuration: F,2h,15m; G,16h,1h,1.5; F,4d,6h)
sendmail  each run of the queue, every 30 or 60 min (-q30m, -q1h; RFC 5321 4.5.4.1: at least
          30 min), one message after the other
qmail     400 s times the square of the number of the try, each message by itself, 20 at once
          (Sill, Life with qmail, appendix E; qmail-send(8))
Exchange  4 times after 1 min, 6 times after 5 min, then every 10 min, a queue for each domain
          (Microsoft, Message retry, resubmit, and expiration intervals)
MailEnable after 15, 30, 60, then 240 min (its manual, SMTP delivery options)

Each of them tries every address of every exchanger before it gives up for the time being. Where
nobody answers they wait for 30 s (Postfix), 60 s (qmail), 21 s (Windows), or until Linux gives up
after 127 s (Exim and sendmail would wait for minutes).
"""

import heapq


def _postfix(age, tries, rand):
    return min(max(age, 300), 4000)


def _exim(age, tries, rand):
    if age < 7200:
        return 900
    # The interval that has grown by half each time since two hours.
    wait, at = 3600, 7200
    while at + wait <= age and wait < 21600:
        at, wait = at + wait, wait * 1.5
    return min(wait, 21600)


def _run(age, tries, rand):
    return 1


def _qmail(age, tries, rand):
    return max(400 * tries * tries - age, 1) + rand.uniform(0, 5)


def _exchange(age, tries, rand):
    return 60 if tries <= 4 else 300 if tries <= 10 else 600


def _mailenable(age, tries, rand):
    return 60 * (15, 30, 60, 240)[min(tries, 4) - 1]


class Program:
    """@wait: seconds until a message may be tried again; @runs: how often the queue is looked at;
    @at_once: deliveries at the same time; @limit: addresses a try; @by_site: a destination that
    refused is left alone by all messages until then; @patience: seconds without an answer."""

    def __init__(self, wait, runs, at_once, limit, by_site, patience):
        self.wait, self.runs, self.at_once = wait, runs, at_once
        self.limit, self.by_site, self.patience = limit, by_site, patience


PROGRAMS = {
    "postfix": Program(_postfix, (300,), 100, 5, True, 30),
    "exim": Program(_exim, (900, 1800, 1800, 3600), 4, 50, True, 127),
    "sendmail": Program(_run, (1800, 3600), 1, 50, True, 127),
    "qmail": Program(_qmail, (None,), 20, 50, False, 60),
    "exchange": Program(_exchange, (None,), 20, 50, True, 21),
    "mailenable": Program(_mailenable, (60,), 10, 8, False, 21),
}


class Queue:
    """Deliveries of one mail server. `mail()` puts them in, `run()` carries them out."""

    def __init__(self, line, program, answers=None):
        """@answers(site): whether its servers answer, "later" for those that take the message only
        when it comes again (greylisting); without it nobody answers."""
        self.line, self.random = line, line.random
        self.program = PROGRAMS[program]
        line.patience = self.program.patience
        self.every = self.random.choice(self.program.runs)
        self.phase = self.random.uniform(0, self.every or 1)
        self.answers = answers or (lambda site: False)
        self._due, self._left_alone, self._number = [], {}, 0
        self._busy = []  # when each delivery that is under way ends

    def mail(self, t, site, born=None):
        self._number += 1
        heapq.heappush(self._due, (t, self._number, t if born is None else born, 0, site))

    def look(self, t):
        """When the queue is next looked at."""
        if self.every is None:
            return t
        return self.phase + -(-(t - self.phase) // self.every) * self.every

    def run(self, end):
        while self._due and self._due[0][0] < end:
            due, number, born, tries, site = heapq.heappop(self._due)
            alone = self._left_alone.get(site, 0) if self.program.by_site else 0
            if alone > due:
                heapq.heappush(self._due, (self.look(alone), number, born, tries, site))
                continue
            done, t = self._deliver(self._begin(due), site, tries, end)
            heapq.heappush(self._busy, t)
            if done:
                continue
            again = t + self.program.wait(t - born, tries + 1, self.random)
            self._left_alone[site] = again
            heapq.heappush(self._due, (self.look(again), number, born, tries + 1, site))

    def _begin(self, due):
        """Not before one of those under way has ended."""
        while self._busy and self._busy[0] <= due:
            heapq.heappop(self._busy)
        if len(self._busy) < self.program.at_once:
            return due
        return max(due, heapq.heappop(self._busy))

    def _deliver(self, t, site, tries, end):
        """Returns whether the message is gone, and when that is known."""
        answer = self.answers(site)
        for address in site.addresses(t)[:self.program.limit]:
            t += self.random.uniform(0.001, 0.02)
            if t >= end:
                break
            if answer:
                t = self.line.open(t, address, answered=True)
                return answer != "later" or tries > 0, t
            t = self.line.open(t, address)
        return False, t
