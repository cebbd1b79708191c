# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples to medians, tables of 80 columns, and a file for programs."""

import dataclasses
import json
import os
import pathlib
import platform
import statistics
import textwrap

WIDTH = 80
LABEL, NUMBER = 44, 12


@dataclasses.dataclass(frozen=True)
class Spread:
    """What was measured several times."""

    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values):
        """The spread of some numbers."""
        return cls(statistics.median(values), min(values), max(values))


@dataclasses.dataclass(frozen=True)
class Row:
    """One side of a comparison: its name, the value of each round, and all that was counted."""

    side: str
    values: list
    samples: list

    def spread(self):
        """The spread of the values."""
        return Spread.of(self.values)

    def beside(self, other):
        """The ratio to another row, round by round: what is measured one after the other."""
        return Spread.of([mine / theirs for mine, theirs in zip(self.values, other.values)])

    def document(self):
        """For programs."""
        return {"side": self.side, **dataclasses.asdict(self.spread()), "values": self.values,
                "samples": self.samples}


class Report:
    """Prints tables and collects them for the file."""

    def __init__(self):
        self._document = {"machine": machine(), "tables": []}
        print(textwrap.fill(_describe(self._document["machine"]), WIDTH), flush=True)

    @staticmethod
    def title(text, *paragraphs):
        """What comes now, and what each side does."""
        print(f"\n{text}")
        for paragraph in paragraphs:
            print(textwrap.fill(paragraph, WIDTH, initial_indent="  ", subsequent_indent="  "))

    def table(self, name, unit, rows, baselines=()):
        """A row for each side; below it, its ratio to each of the baselines, which are names of
        sides above it."""
        print(f"\n  {name + ', ' + unit:<{LABEL}}"
              + "".join(f"{word:>{NUMBER}}" for word in ("median", "least", "most")))
        ratios = []
        for row in rows:
            print(f"    {row.side:<{LABEL - 2}}" + _numbers(row.spread()))
            for base in rows[:rows.index(row)]:
                if base.side in baselines:
                    ratio = row.beside(base)
                    ratios.append({"side": row.side, "beside": base.side,
                                   **dataclasses.asdict(ratio)})
                    print(f"      {'beside ' + base.side:<{LABEL - 4}}" + _ratio(ratio))
        self._document["tables"].append({"name": name, "unit": unit, "ratios": ratios,
                                         "rows": [row.document() for row in rows]})

    @staticmethod
    def note(text):
        """A remark below a table."""
        print(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  "), flush=True)

    def write(self, path):
        """The file for programs: every sample of every table."""
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(self._document, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
        print(f"\nevery sample: {path}")


def _numbers(spread):
    values = (spread.median, spread.minimum, spread.maximum)
    return "".join(f"{value:>{NUMBER},.0f}" for value in values)


def _ratio(spread):
    values = (spread.median, spread.minimum, spread.maximum)
    return "".join(f"{value:>{NUMBER}.2f}" for value in values)


def machine():
    """What this runs on."""
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {"kernel": platform.release(), "architecture": platform.machine(),
            "cores": len(os.sched_getaffinity(0)), "model": models[0] if models else "",
            "load": round(os.getloadavg()[0], 2)}


def _describe(facts):
    model = f", {facts['model']}" if facts["model"] else ""
    return (f"Linux {facts['kernel']}, {facts['architecture']}, {facts['cores']} cores{model}. "
            f"Load average before: {facts['load']:.2f}.")
