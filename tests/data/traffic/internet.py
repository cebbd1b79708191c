# SPDX-License-Identifier: GPL-2.0-or-later
"""The mail servers of an invented internet: domains, the names of their mail exchangers, addresses.

A few providers have much of the mail, behind names that show other addresses every few minutes; of
the others many let such a provider, or a hosting company, receive their mail; the rest have one to
four servers of their own. The shares are round figures, chosen, not measured.
"""

import random

PUBLIC = [octet for octet in range(5, 223)
          if octet not in (10, 100, 127, 169, 172, 192, 198, 203)]


class Name:
    """A host name: @shown addresses of a pool at a time, and others after @every seconds."""

    def __init__(self, pool, shown=None, every=None, salt=0):
        self.pool, self.every, self.salt = pool, every, salt
        self.shown = len(pool) if shown is None else min(shown, len(pool))

    def addresses(self, t):
        if self.every is None:
            return self.pool[:self.shown]
        first = (int(t // self.every) + self.salt) * 7919
        return [self.pool[(first + n) % len(self.pool)] for n in range(self.shown)]


class Site:
    """A mail domain: its exchangers, the preferred one first."""

    __slots__ = ("exchangers", "own")

    def __init__(self, exchangers, own):
        self.exchangers = exchangers
        self.own = own  # servers of its own; else of a provider or hosting company

    def addresses(self, t):
        """All addresses in the order in which a mail server tries them."""
        return [address for name in self.exchangers for address in name.addresses(t)]


class Internet:
    """What the hosts of one seed send mail to, in IPv4 or IPv6."""

    def __init__(self, seed, version=4):
        self.random = random.Random(f"{seed}/internet/{version}")
        self.version = version
        self._large()
        self._others()

    def network(self, rand):
        """The beginning of the addresses of a new /24, or /64."""
        if self.version == 4:
            return f"{rand.choice(PUBLIC)}.{rand.randrange(256)}.{rand.randrange(256)}."
        return f"2a0{rand.randrange(10)}:{rand.randrange(1, 65536):x}:" \
               f"{rand.randrange(1, 65536):x}:{rand.randrange(1, 65536):x}::"

    def pool(self, rand, size, networks):
        """@size addresses in at most so many networks."""
        heads = [self.network(rand) for _ in range(networks)]
        addresses = set()
        while len(addresses) < size:
            last = rand.randrange(1, 255)
            addresses.add(rand.choice(heads) + (str(last) if self.version == 4 else f"{last:x}"))
        return rand.sample(sorted(addresses), size)

    def provider(self, size, networks, names, shown, every):
        """A provider with a pool behind several names."""
        pool = self.pool(self.random, size, networks)
        return [Name(pool, shown, every, salt=self.random.randrange(1000)) for _ in range(names)]

    def _large(self):
        # Five names of one address each, as of the largest; three with eight; a pool with a name
        # for each customer; fifteen middling ones.
        self.first = Site(self.provider(60, 12, 5, 1, 300), own=False)
        self.second = Site(self.provider(48, 8, 3, 8, 1800), own=False)
        self.rented = self.pool(self.random, 120, 20)
        self.third = Site([Name(self.rented, 4, 300, 1)], own=False)
        self.middling = [Site(self.provider(self.random.randrange(2, 9), 2,
                                            self.random.randrange(1, 4), 2, None), own=False)
                         for _ in range(15)]
        self.large = [self.first, self.second, self.third]

    def _others(self):
        hosting = [[Name(self.pool(self.random, self.random.randrange(1, 4), 1)) for _ in range(2)]
                   for _ in range(200)]
        self.others = []
        for _ in range(12000 if self.version == 4 else 3000):
            kind = self.random.random()
            if kind < 0.30:
                site = Site([Name(self.rented, self.random.choice((2, 4)), 600,
                                  self.random.randrange(100000))], own=False)
            elif kind < 0.45:
                site = Site(self.first.exchangers, own=False)
            elif kind < 0.60:
                site = Site(self.random.choice(hosting), own=False)
            else:
                count = self.random.choices((1, 2, 3, 4), (55, 32, 10, 3))[0]
                site = Site([Name(self.pool(self.random, 1, 1)) for _ in range(count)], own=True)
            self.others.append(site)
        self.owners = [site for site in self.others if site.own]

    # --- lists of recipients ---------------------------------------------------------------------

    def business(self, rand):
        """A domain such as companies write to."""
        return rand.choice(self.large) if rand.random() < 0.12 else rand.choice(self.others)

    def consumer(self, rand):
        """A domain such as shops, clubs and spammers write to."""
        kind = rand.random()
        if kind < 0.50:
            return rand.choices(self.large, (50, 25, 25))[0]
        return rand.choice(self.middling if kind < 0.65 else self.others)

    def owner(self, rand):
        """A domain with servers of its own."""
        return rand.choice(self.owners)

    # --- the server in somebody's settings -------------------------------------------------------

    def relay(self, rand):
        """The name of an access provider's or company's outgoing server, one address."""
        return Name(rand.choice(self.owners).exchangers[0].pool)

    def submission(self, rand):
        """The name of a large provider's outgoing server: one or two addresses at a time."""
        pool = rand.sample(self.first.exchangers[0].pool, rand.randrange(12, 40))
        return Name(pool, rand.choice((1, 1, 2)), rand.choice((60, 120, 300)), rand.randrange(1000))
