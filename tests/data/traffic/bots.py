# SPDX-License-Identifier: GPL-2.0-or-later
"""Bots that send spam, after what was published about them.

How often a refused zombie tries one server: once 60 %, twice 17 %, three times 7.4 %, four times
4.1 %, five to ten times 8 %, more often 3.7 % (Siebenmann, "Some quick SMTP connection statistics",
2006, 46,583 addresses). Messages a minute: 20 (Storm), 33 (Rustock), about 300 (Grum, Kraken,
Pushdo), 1638 (MegaD), 1848 (Srizbi) (John, Moshchuk, Gribble, Krishnamurthy, "Studying spamming
botnets using Botlab", NSDI 2009); 25,000 an hour (Rustock, Xarvester; Marshal8e6 TRACElabs, 2009).
Which exchanger, and who comes back: Pagani, De Astis, Graziano, Lanzi, Balzarotti, "Measuring the
role of greylisting and nolisting in fighting spam", DSN 2016: Kelihos takes the first exchanger
and comes back after 5 to 10 min, then after an hour and more, then the next day; Cutwail takes
the last one and does not come back.

Each function plays one host from @start to @end on its line. Tries are bounded (MOST), so that the
traces stay small: the fastest botnets are cut to 1000 messages a minute.
"""

import senders

MINUTE, HOUR = 60, 3600
MOST = 4000
MOST_FAST, RATE_FAST = 12000, (20, 1000)


def tries(rand):
    """How often a bot tries a server that refuses."""
    draw = rand.random()
    for number, share in ((1, 0.60), (2, 0.77), (3, 0.844), (4, 0.885)):
        if draw < share:
            return number
    return rand.randrange(5, 11) if draw < 0.965 else rand.randrange(11, 31)


def logarithmic(rand, low, high):
    return low * (high / low) ** rand.random()


class Spam:
    """How one bot delivers: which exchanger it takes, and whether anybody answers."""

    def __init__(self, line, answer=None, again=True, most=MOST):
        self.line, self.random, self.answer = line, line.random, answer
        self.exchanger = self.random.choice(("first", "first", "any", "last"))
        self.again = again  # by the distribution above; else each recipient once
        self.left = most

    def address(self, site, t):
        names = site.exchangers
        name = {"first": names[0], "last": names[-1]}.get(self.exchanger)
        return self.random.choice((name or self.random.choice(names)).addresses(t))

    def send(self, t, site, end):
        """One recipient, with what the bot repeats of it."""
        answered = bool(self.answer and self.answer(site))
        for _ in range(tries(self.random) if self.again and not answered else 1):
            if t >= end or not self.left:
                break
            self.left -= 1
            self.line.open(t, self.address(site, t), answered=answered, silent=self.silent())
            t += logarithmic(self.random, 20, 2 * HOUR)

    def silent(self):
        """On an open line some of the dead servers reset, and some say nothing."""
        return self.random.random() < 0.5 if self.answer else None


def _fan_out(line, choose, start, end, rate, answer=None, most=MOST):
    """A recipient at a time, @rate a minute, in the mean."""
    spam, rand = Spam(line, answer, most=most), line.random
    t = start
    while t < end and spam.left:
        spam.send(t, choose(rand), end)
        t += rand.expovariate(rate / MINUTE)


def _fast(line, internet, start, end, answer=None):
    rand = line.random
    _fan_out(line, internet.consumer, start, min(start + rand.uniform(15, 40) * MINUTE, end),
             logarithmic(rand, *RATE_FAST), answer, MOST_FAST)


def fast(line, internet, start, end):
    _fast(line, internet, start, end)


def _slow(line, internet, start, end, answer=None):
    """One new server a minute, half as many or twice as many."""
    rand = line.random
    choose = internet.owner if rand.random() < 0.5 else internet.consumer
    _fan_out(line, choose, start, min(start + rand.uniform(2.5, 20) * HOUR, end),
             logarithmic(rand, 0.5, 2), answer)


def slow(line, internet, start, end):
    _slow(line, internet, start, end)


def hammer(line, internet, start, end):
    """One server, or the few addresses of its name, dozens of times a minute: guessing passwords,
    or mail for one domain."""
    rand = line.random
    addresses = internet.pool(rand, rand.choice((1, 1, 1, 2, 4)), 1)
    gap = MINUTE / logarithmic(rand, 40, 400)
    t, until = start, min(start + rand.uniform(0.3, 6) * HOUR, end)
    for _ in range(MOST):
        if t >= until:
            break
        line.open(t, rand.choice(addresses))
        t += rand.expovariate(1 / gap)


def _bursts(line, internet, start, end, answer=None):
    spam, rand = Spam(line, answer), line.random
    t = start
    while t < end and spam.left:
        pace = logarithmic(rand, 0.2, 3)
        for _ in range(rand.randrange(20, 300)):
            spam.send(t, internet.consumer(rand), end)
            t += rand.expovariate(1 / pace)
        t += rand.uniform(20 * MINUTE, 3 * HOUR)


def bursts(line, internet, start, end):
    """Work comes in pieces: a list of recipients within minutes, then nothing until the next."""
    _bursts(line, internet, start, end)


def provider(line, internet, start, end):
    """Recipients of one large provider only: few servers, again and again."""
    rand = line.random
    site = rand.choice(internet.large)
    _fan_out(line, lambda _: site, start, min(start + rand.uniform(0.5, 6) * HOUR, end),
             logarithmic(rand, 5, 300))


def relist(line, internet, start, end):
    """As Kelihos: the first exchanger, and back to it after 5 to 10 min, after an hour or two."""
    spam, rand = Spam(line, again=False), line.random
    spam.exchanger = "first"
    rate, t = logarithmic(rand, 3, 60), start
    until = min(start + rand.uniform(1, 4) * HOUR, end)
    while t < until and spam.left:
        site, again = internet.consumer(rand), t
        for wait in (0, rand.uniform(300, 600), rand.uniform(3600, 6000)):
            again += wait
            spam.send(again, site, end)
        t += rand.expovariate(rate / MINUTE)


def last_exchanger(line, internet, start, end):
    """As Cutwail: only the last exchanger, sorted by domain, nothing twice."""
    spam, rand = Spam(line, again=False), line.random
    spam.exchanger = "last"
    rate, t = logarithmic(rand, 10, 300), start
    until = min(start + rand.uniform(0.5, 3) * HOUR, end)
    while t < until and spam.left:
        site = internet.consumer(rand)
        for _ in range(rand.choice((1, 1, 2, 5, 20))):
            spam.send(t, site, end)
            t += rand.expovariate(rate / MINUTE)


def scan(line, internet, start, end):
    """Looks for servers: addresses at random or one after the other, each once."""
    rand = line.random
    gap, in_order = MINUTE / logarithmic(rand, 20, 400), rand.random() < 0.3
    t, until, following = start, min(start + rand.uniform(0.3, 2) * HOUR, end), None
    for _ in range(MOST):
        if t >= until:
            break
        if following is None or not in_order or following[1] > 254:
            following = [internet.network(rand), 1]
        line.open(t, f"{following[0]}{following[1] if in_order else rand.randrange(1, 255)}")
        following[1] += 1
        t += rand.expovariate(1 / gap)


def moving(line, internet, start, end):
    """From changing addresses of one IPv6 prefix, fast or slowly."""
    rand = line.random
    if rand.random() < 0.6:
        fast(line, internet, start, end)
    else:
        slow(line, internet, start, end)


def _dead(line):
    """Lists of spammers are old: many of the servers are dead."""
    return senders.answers(line, line.random.uniform(0.12, 0.5), later=0)


def passed_fast(line, internet, start, end):
    _fast(line, internet, start, end, _dead(line))


def passed_slow(line, internet, start, end):
    _slow(line, internet, start, end, _dead(line))


def passed_bursts(line, internet, start, end):
    _bursts(line, internet, start, end, _dead(line))


def own_queue(line, internet, start, end):
    """Spam through a whole mail server with a queue, on a machine that was taken over."""
    rand = line.random
    queue = senders.Queue(line, "postfix")
    t, until = start, min(start + rand.uniform(0.2, 1) * HOUR, end)
    rate = logarithmic(rand, 5, 60)
    while t < until:
        queue.mail(t, internet.consumer(rand))
        t += rand.expovariate(rate / MINUTE)
    queue.run(end)


def rare(line, internet, start, end):
    """A few servers an hour: one of very many bots that share the work."""
    _fan_out(line, internet.consumer, start, end, line.random.uniform(1, 5) / 60)
