# SPDX-License-Identifier: GPL-2.0-or-later
"""A subscriber's line: what its programs open, packet by packet, as an edge gateway sees it.

A refused client repeats the packet by itself. Linux takes a reset for an answer; Windows sends the
packet again, twice, half a second apart (Microsoft KB 175523). Where nothing answers, Linux repeats
after 1, 3, 7, 15, 31 and 63 s (tcp_syn_retries), Windows after 3 and 9 s, until the program gives up.
"""

SILENCE = {"linux": (1, 3, 7, 15, 31, 63), "windows": (3, 9)}
RESET = {"linux": (), "windows": (0.5, 1.0)}
ROUND_TRIP = (0.0005, 0.004)  # to the gateway and back


class Line:
    """Rows (t, source, destination, source port, port, answered), in any order."""

    def __init__(self, rand, source, system="linux", silent=False, patience=30):
        self.random, self.source, self.system = rand, source, system
        self.silent, self.patience = silent, patience
        self.rows = []
        self._port = rand.randrange(49152, 65000)

    def _source_port(self):
        if self.system == "linux":
            return self.random.randrange(32768, 61000)
        self._port = self._port + 1 if self._port < 65535 else 49152
        return self._port

    def address(self, t):
        """Of IPv6 it may be another one later; see Moving."""
        return self.source

    def open(self, t, destination, answered=False, port=25, silent=None):
        """One connection; returns when the program knows what came of it."""
        source, number = self.address(t), self._source_port()
        self.rows.append((t, source, destination, number, port, int(answered)))
        if answered:
            return t + self.random.uniform(0.5, 4)
        silent = self.silent if silent is None else silent
        repeats = (SILENCE if silent else RESET)[self.system]
        for after in repeats:
            if after < self.patience:
                self.rows.append((t + after, source, destination, number, port, 0))
        if silent:
            return t + self.patience
        return t + (repeats[-1] if repeats else 0) + self.random.uniform(*ROUND_TRIP)

    def submit(self, start, end):
        """Somebody here has a mail program that is set up rightly: 587 or 465, answered."""
        port = self.random.choice((587, 587, 465))
        server = f"198.51.100.{self.random.randrange(1, 255)}" if ":" not in self.source else \
            f"2001:db8:ffff::{self.random.randrange(1, 255):x}"
        t = start + self.random.expovariate(1 / 1200)
        while t < end:
            self.open(t, server, answered=True, port=port)
            t += self.random.expovariate(1 / self.random.choice((600, 1800, 7200)))


class Moving(Line):
    """An IPv6 subscriber: addresses of one prefix, another one after @every seconds (0: always)."""

    def __init__(self, rand, source, prefix, length, every, **others):
        super().__init__(rand, source, **others)
        self._prefix, self._length, self._every = prefix, length, every
        self._known = {}

    def address(self, t):
        slot = int(t // self._every) if self._every else len(self.rows)
        if slot not in self._known:
            subnet = self.random.getrandbits(64 - self._length) << 64 if self._length < 64 else 0
            value = self._prefix | subnet | self.random.getrandbits(64)
            self._known = {slot: ":".join(f"{value >> shift & 0xffff:x}"
                                          for shift in range(112, -1, -16))}
        return self._known[slot]
