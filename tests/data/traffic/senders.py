# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail servers that are no bots: refused on a home line, or let through on a business line.

Each function plays one host from @start to @end on its line.
"""

from queues import Queue

HOUR = 3600
REFUSED = ("postfix", "postfix", "exim", "sendmail")
HELD_OUT = ("qmail", "exchange", "mailenable")


def answers(line, dead, later=0.08):
    """Which sites answer: of those with servers of their own that part is @dead, and some take a
    message only the second time (greylisting)."""
    rand, known = line.random, {}

    def of(site):
        if not site.own:
            return True
        if site not in known:
            draw = rand.random()
            known[site] = False if draw < dead else "later" if draw < dead + later else True
        return known[site]
    return of


def _newsletter(line, internet, start, end, program, answer=None, size=(150, 1200)):
    """Hundreds of recipients, put into the queue within a minute."""
    rand = line.random
    queue = Queue(line, program, answer)
    within = rand.uniform(2, 60)
    choose = internet.business if rand.random() < 0.6 else internet.consumer
    for _ in range(int(size[0] * (size[1] / size[0]) ** rand.random())):
        queue.mail(start + rand.uniform(0, within), choose(rand))
    queue.run(end)


def newsletter_stopped(line, internet, start, end):
    """Somebody notices, and empties the queue before it has come back to most of them."""
    _newsletter(line, internet, start, start + line.random.uniform(60, HOUR),
                line.random.choice(REFUSED))


def newsletter_postfix(line, internet, start, end):
    _newsletter(line, internet, start, end, "postfix")


def newsletter_exim(line, internet, start, end):
    _newsletter(line, internet, start, end, "exim")


def newsletter_sendmail(line, internet, start, end):
    _newsletter(line, internet, start, end, "sendmail")


def _list(line, internet, start, end, program, answer=None):
    """A mailing list: each message goes to the same subscribers."""
    rand = line.random
    queue = Queue(line, program, answer)
    choose = internet.business if rand.random() < 0.5 else internet.consumer
    subscribers = [choose(rand) for _ in range(rand.randrange(20, 300))]
    t = start
    while t < end:
        for site in subscribers:
            queue.mail(t + rand.uniform(0, 20), site)
        t += rand.expovariate(1 / (rand.choice((0.5, 1, 3)) * HOUR))
    queue.run(end)


def mailing_list(line, internet, start, end):
    _list(line, internet, start, end, line.random.choice(REFUSED))


def _left(line, internet, start, end, program):
    """A queue from before the line was blocked, and little that is new."""
    rand = line.random
    queue = Queue(line, program)
    for _ in range(rand.randrange(20, 200)):
        t = queue.look(start + rand.uniform(0, 3600))
        queue.mail(t, internet.business(rand), born=t - rand.expovariate(1 / (4 * HOUR)))
    t = start
    while t < end:
        queue.mail(t, internet.business(rand))
        t += rand.expovariate(1 / HOUR)
    queue.run(end)


def queue_left(line, internet, start, end):
    _left(line, internet, start, end, line.random.choice(REFUSED))


def _daily(line, internet, start, end, program, answer=None, rate=(3, 30)):
    """An office: some messages an hour, two thirds of them to those it often writes to."""
    rand = line.random
    queue = Queue(line, program, answer)
    known = [internet.business(rand) for _ in range(rand.randrange(5, 40))]
    mean = HOUR / rand.uniform(*rate)
    t = start
    while t < end:
        queue.mail(t, rand.choice(known) if rand.random() < 0.66 else internet.business(rand))
        t += rand.expovariate(1 / mean)
    queue.run(end)


def server_daily(line, internet, start, end):
    _daily(line, internet, start, end, line.random.choice(REFUSED))


def server_others(line, internet, start, end):
    """Programs with other times of retry, as a newsletter, an old queue or an office."""
    program = line.random.choice(HELD_OUT)
    if program == "exchange":
        line.system = "windows"
    play = line.random.choice((_newsletter, _left, _daily))
    play(line, internet, start, end, program)


def business_server(line, internet, start, end):
    _daily(line, internet, start, end, line.random.choice(REFUSED + HELD_OUT),
           answers(line, line.random.uniform(0.005, 0.04)), rate=(10, 200))


def business_newsletter(line, internet, start, end):
    _newsletter(line, internet, start, end, line.random.choice(REFUSED),
                answers(line, line.random.uniform(0.01, 0.06)), size=(200, 3000))


def business_list(line, internet, start, end):
    _list(line, internet, start, end, line.random.choice(REFUSED),
          answers(line, line.random.uniform(0.01, 0.06)))


def callout(line, internet, start, end):
    """A mail server that asks each sender's server whether the sender exists (Exim's callout
    verification). A question that is refused is not asked again."""
    rand = line.random
    mean = 60 / rand.uniform(1, 5)
    t = start
    while t < end and len(line.rows) < 10000:
        known = t
        for address in internet.consumer(rand).addresses(t):
            known = line.open(known, address)
        t += rand.expovariate(1 / mean)
