# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells a person what is done, what is expected and what was seen, in 80 columns."""

import os
import sys
import textwrap

WIDTH = 80
MARGIN = 10
VERDICT = 8
BOLD, GREEN, RED, DIM = "1", "32", "1;31", "2"


class Narrator:
    """Prints a story and counts the expectations that failed."""

    def __init__(self, output=sys.stdout):
        self.output = output
        self.checked = self.failed = 0
        self._colour = output.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text=""):
        """A line, or a paragraph."""
        self._print(textwrap.fill(text, WIDTH))

    def step(self, number, title):
        """A new step."""
        self._print(f"\n{self._paint(BOLD, f'{number:<3}{title}')}")

    def do(self, text):
        """What is done, as a person would do it."""
        self._labelled("do", text, DIM)

    def check(self, expected, holds, saw):
        """One expectation: what was expected, whether it holds, what was seen."""
        self.checked += 1
        self.failed += not holds
        self._labelled("expect", expected)
        *lines, last = self._wrap(saw, WIDTH - MARGIN - VERDICT) or [""]
        verdict = self._paint(GREEN, "ok") if holds else self._paint(RED, "FAILED")
        padding = " " * (WIDTH - MARGIN - len(last) - len("ok" if holds else "FAILED"))
        self._lines("saw", [*lines, last + padding + verdict])

    def quote(self, text):
        """What a program printed; long lines are folded."""
        for line in text.splitlines():
            for part in textwrap.wrap(line, WIDTH - 4, subsequent_indent="  ") or [""]:
                self._print(f"    {part}".rstrip())

    def verdict(self, seconds):
        """The last line; returns the exit code."""
        if self.failed:
            text = self._paint(RED, f"{self.failed} of {self.checked} expectations failed")
        else:
            text = self._paint(GREEN, f"all {self.checked} expectations hold")
        self._print(f"\n{text}, in {seconds:.0f} s")
        return 1 if self.failed else 0

    def fail(self, text):
        """Something went so wrong that the story ends here."""
        self.checked += 1
        self.failed += 1
        self._print(self._paint(RED, "FAILED"))
        self.quote(text)

    def _labelled(self, label, text, colour=None):
        self._lines(label, self._wrap(text, WIDTH - MARGIN), colour)

    def _lines(self, label, lines, colour=None):
        for number, line in enumerate(lines):
            text = f"  {'' if number else label:<{MARGIN - 2}}{line}"
            self._print(self._paint(colour, text) if colour else text)

    @staticmethod
    def _wrap(text, width):
        return textwrap.wrap(text, width)

    def _paint(self, colour, text):
        return f"\033[{colour}m{text}\033[0m" if self._colour else text

    def _print(self, text):
        print(text, file=self.output, flush=True)
