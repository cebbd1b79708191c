# SPDX-License-Identifier: GPL-2.0-or-later
"""What has an old setting for port 25 and is no bot: mail programs, printers, cameras, monitors.

Each function plays one host from @start to @end on its line.
"""

from internet import Name

MINUTE, HOUR = 60, 3600


def attempt(line, t, name, every_address=True, answered=False):
    """A program connects to a name: each of its addresses until one answers, or only the first."""
    for address in name.addresses(t) if every_address else name.addresses(t)[:1]:
        t = line.open(t, address, answered=answered)
        if answered:
            break
    return t


def sessions(rand, start, end):
    """When the computer is on."""
    t = start
    while t < end:
        off = min(t + rand.uniform(0.5, 8) * HOUR, end)
        yield t, off
        t = off + rand.uniform(1, 6) * HOUR


def _by_timer(line, on, off, names, every, every_address, answered):
    """Outlook Express, Outlook, Windows Mail: "check for new messages every 30 minutes" also sends
    what is in the outbox; and the user presses the button."""
    rand = line.random
    for name in names:
        t = on + rand.uniform(5, 60)
        while t < off:
            known = attempt(line, t, name, every_address, answered)
            by_hand = rand.choice((0, 0, 0, 1, 2, 4)) if rand.random() < 0.3 else 0
            for _ in range(by_hand):
                known = attempt(line, known + rand.uniform(3, 90), name, every_address, answered)
            t = max(t + every, known) + rand.uniform(0, 2)


def _by_hand(line, on, off, names, every_address, answered):
    """Thunderbird: nothing is sent again by itself; the user tries some times, and later again."""
    rand = line.random
    t = on + rand.uniform(30, HOUR)
    while t < off:
        for _ in range(rand.randrange(1, 7)):
            t = attempt(line, t, rand.choice(names), every_address, answered)
            t += rand.uniform(5, 200)
        t += rand.expovariate(1 / (2 * HOUR))


def _desktop(line, names, start, end, every_address, answered):
    rand = line.random
    every = rand.choice((5, 10, 10, 15, 30, 30, 30, 60)) * MINUTE
    by_timer = rand.random() < 0.7
    for on, off in sessions(rand, start, end):
        if by_timer:
            _by_timer(line, on, off, names, every, every_address, answered)
        else:
            _by_hand(line, on, off, names, every_address, answered)


def client_desktop(line, internet, start, end, answered=False):
    names = [internet.relay(line.random) for _ in range(line.random.choice((1, 1, 1, 2)))]
    _desktop(line, names, start, end, line.random.random() < 0.5, answered)


def passed_client(line, internet, start, end):
    client_desktop(line, internet, start, end, answered=True)


def client_addresses(line, internet, start, end):
    """The name of the server has many addresses, in an order that changes."""
    rand = line.random
    pool = internet.pool(rand, rand.randrange(4, 17), rand.randrange(1, 4))
    name = Name(pool, rand.choice((1, 2, 4, 8)), rand.choice((60, 300, 1800)))
    _desktop(line, [name], start, end, rand.random() < 0.7, False)


def client_phone(line, internet, start, end):
    """A telephone: fetches every 15, 30 or 60 min and sends what is left (iOS), or waits twice as
    long each time (Android); more often while somebody looks at it."""
    rand = line.random
    name = internet.submission(rand) if rand.random() < 0.5 else internet.relay(rand)
    fetch, doubling = rand.choice((15, 30, 60)) * MINUTE, rand.random() < 0.5
    t, wait = start, 60
    while t < end:
        known = attempt(line, t, name)
        for _ in range(rand.choice((0, 0, 0, 0, 1, 3))):
            known = attempt(line, known + rand.uniform(1, 30), name)
        if doubling:
            t, wait = known + wait * rand.uniform(0.9, 1.1), min(wait * 2, HOUR)
            if rand.random() < 0.05:
                wait = 60  # a new message, or a new network
        else:
            t = known + fetch + rand.uniform(0, 30)


def printer(line, internet, start, end, answered=False):
    """Scan to mail: some documents an hour, each tried one to six times (the manuals of office
    printers have the number of tries and the time between them as settings)."""
    rand = line.random
    name = internet.relay(rand)
    tries, gap = rand.randrange(1, 7), rand.choice((10, 30, 60, 180, 300))
    mean = rand.choice((5, 15, 30, 60, 120)) * MINUTE
    t = start
    while t < end:
        for _ in range(tries):
            t = attempt(line, t, name, answered=answered) + gap + rand.uniform(0, 1)
            if answered:
                break
        t += rand.expovariate(1 / mean)


def passed_printer(line, internet, start, end):
    printer(line, internet, start, end, answered=True)


def nas(line, internet, start, end):
    """A disk station or power supply: an alert now and then, thirty of them when something
    flaps; each tried again some times."""
    rand = line.random
    name = internet.relay(rand)
    tries, gap = rand.choice((1, 3, 3, 5)), rand.choice((60, 300, 600))
    t = start
    while t < end:
        for _ in range(rand.randrange(5, 31) if rand.random() < 0.15 else 1):
            again = t
            for _ in range(tries):
                again = attempt(line, again, name) + gap
            t += rand.uniform(10, 60)
        t += rand.expovariate(1 / (rand.choice((1, 3, 12)) * HOUR))


def _motion(line, name, start, end):
    """A picture every @gap seconds while something moves, one connection after the other (cameras'
    manuals: "email interval"); or one a second for some seconds after it moved ("snapshot frame
    rate", "snapshot duration"). Before some of them nothing rests."""
    rand = line.random
    gap, restless = rand.choice((1, 5, 10, 30, 60)), rand.random() < 0.2
    if restless:
        gap = max(gap, 5)
    t = start
    while t < end:
        lasts = rand.uniform(4, 30) if gap == 1 else rand.expovariate(1 / (5 * MINUTE))
        still = end if restless else min(t + lasts, end)
        while t < still:
            t = max(t + gap, attempt(line, t, name)) + rand.uniform(0, 0.5)
        t += rand.expovariate(1 / (rand.choice((10, 60)) * MINUTE))


def camera(line, internet, start, end):
    _motion(line, internet.relay(line.random), start, end)


def camera_provider(line, internet, start, end):
    """The server is a large provider's name, which has another address every few minutes."""
    _motion(line, internet.submission(line.random), start, end)


def _checks(line, names, start, end, together):
    """Nagios, Zabbix, Uptime Kuma and the like: every name at its time, for ever."""
    rand = line.random
    every = rand.choice((30, 60, 60, 300))
    for number, name in enumerate(names):
        t = start + (rand.uniform(0, 2) if together else number * every / len(names))
        while t < end:
            attempt(line, t, name, every_address=False)
            t += every + rand.uniform(-0.2, 0.2)


def monitor(line, internet, start, end):
    names = [internet.relay(line.random) for _ in range(line.random.choice((1, 1, 1, 2, 3, 5)))]
    _checks(line, names, start, end, line.random.random() < 0.5)


def monitor_many(line, internet, start, end):
    """Somebody looks after the mail servers of many customers; some are a provider's."""
    rand = line.random
    names = [rand.choice(internet.business(rand).exchangers) for _ in range(rand.randrange(8, 81))]
    _checks(line, names, start, end, rand.random() < 0.5)


def loop(line, internet, start, end):
    """A broken program that tries again at once: no camera's pace and no pause."""
    rand = line.random
    name, gap = internet.relay(rand), rand.choice((0.1, 0.3, 1))
    t, until = start, min(start + rand.uniform(0.2, 1) * HOUR, end)
    while t < until:
        t = attempt(line, t, name) + gap
