# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples to medians, tables of 80 columns, and a file for programs."""

import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import statistics
import textwrap
import time

from asked import ASKED

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

    @classmethod
    def of(cls, side, samples, value):
        """The row of samples, of each of which value() is shown."""
        samples = [sample if isinstance(sample, dict) else vars(sample) for sample in samples]
        return cls(side, [value(sample) for sample in samples], samples)

    def spread(self):
        """The spread of the values."""
        return Spread.of(self.values)

    def beside(self, other):
        """The spread of the ratios to another row."""
        return Spread.of(self.ratios(other))

    def ratios(self, other):
        """To another row, round by round: what is measured one after the other."""
        return [mine / theirs for mine, theirs in zip(self.values, other.values)]

    def document(self):
        """For programs."""
        return {"side": self.side, **dataclasses.asdict(self.spread()), "values": self.values,
                "samples": self.samples}


class Report:
    """Prints tables and collects them for the file."""

    def __init__(self):
        self._document = {"machine": machine(), "tables": [], "answers": {}, "seconds": {},
                          "stolen": {}}
        self._before = processor_times()
        print(textwrap.fill(_describe(self._document["machine"]), WIDTH), flush=True)

    @staticmethod
    def title(text, *paragraphs):
        """What comes now, and what each side does."""
        print(f"\n{text}")
        for paragraph in paragraphs:
            print(textwrap.fill(paragraph, WIDTH, initial_indent="  ", subsequent_indent="  "))

    def table(self, name, unit, rows, baselines=(), digits=0):
        """A row for each side; below it, its ratio to each of the baselines, which are names of
        sides above it."""
        print(f"\n  {name + ', ' + unit:<{LABEL}}"
              + "".join(f"{word:>{NUMBER}}" for word in ("median", "least", "most")))
        ratios = []
        for row in rows:
            print(f"    {row.side:<{LABEL - 2}}" + _numbers(row.spread(), digits))
            for base in rows[:rows.index(row)]:
                if base.side in baselines:
                    ratio = row.beside(base)
                    ratios.append({"side": row.side, "beside": base.side,
                                   **dataclasses.asdict(ratio)})
                    print(f"      {'beside ' + base.side:<{LABEL - 4}}" + _ratio(ratio))
        self._document["tables"].append({"name": name, "unit": unit, "ratios": ratios,
                                         "rows": [row.document() for row in rows]})

    @contextlib.contextmanager
    def timed(self, figure):
        """How long a figure takes goes to the file, and how much of it the machine's host took."""
        started, before = time.monotonic(), processor_times()
        yield
        self._document["seconds"][figure] = round(time.monotonic() - started, 1)
        self._document["stolen"][figure] = _stolen(before)

    def answer(self, key, values):
        """The numbers that a row of what is asked is held against, one of each round."""
        self._document["answers"][key] = dataclasses.asdict(Spread.of(values))

    def summary(self):
        """Every row of what is asked that was measured: bound, median, least to most, kept or not."""
        answers = self._document["answers"]
        if not answers:
            return
        print(f"\n{'WHAT IS ASKED':<46}{'bound':>10}{'median':>9}{'least, most':>15}")
        for row in ASKED:
            if row.key not in answers:
                continue
            spread = Spread(**answers[row.key])
            both = f"{row.unit.text(spread.minimum)}, {row.unit.text(spread.maximum)}"
            print(f"{row.what:<46}{row.bound():>10}{row.unit.text(spread.median):>9}{both:>15}"
                  f"{'' if row.met(spread.median) else '  MISSED'}")
        missed = sum(not row.met(answers[row.key]["median"]) for row in ASKED if row.key in answers)
        print(f"{len(answers)} of {len(ASKED)} measured, {missed} missed.")
        print(_taken(_stolen(self._before)), flush=True)

    @staticmethod
    def note(text):
        """A remark below a table."""
        print(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  "), flush=True)

    def write(self, path):
        """The file for programs: every sample of every table."""
        self._document["stolen"]["all"] = _stolen(self._before)
        self._document["asked"] = [{"key": row.key, "what": row.what, "bound": row.bound(),
                                    "met": row.met(self._document["answers"][row.key]["median"])}
                                   for row in ASKED if row.key in self._document["answers"]]
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(self._document, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
        print(f"\nevery sample: {path}")


def _numbers(spread, digits):
    values = (spread.median, spread.minimum, spread.maximum)
    return "".join(f"{value:>{NUMBER},.{digits}f}" for value in values)


def _ratio(spread):
    values = (spread.median, spread.minimum, spread.maximum)
    return "".join(f"{value:>{NUMBER}.2f}" for value in values)


def markdown(paths):
    """The table of README.md, of files that write() made."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    answers = {key: Spread(**spread) for document in documents
               for key, spread in document["answers"].items()}
    facts = documents[-1]["machine"]
    lines = [f"Linux {facts['kernel']}, {facts['architecture']}, {facts['cores']} cores"
             + (f", {facts['model']}. " if facts["model"] else ". ")
             + " ".join(_taken(document["stolen"]["all"]) for document in documents), "",
             "| what | asked | median | least, most | |", "|---|---|---|---|---|"]
    for row in ASKED:
        if row.key in answers:
            spread = answers[row.key]
            lines.append(f"| {row.what} | {row.bound()} | {row.unit.named(spread.median)} | "
                         f"{row.unit.text(spread.minimum)}, {row.unit.text(spread.maximum)} | "
                         f"{'' if row.met(spread.median) else 'missed'} |")
    return "\n".join(lines)


def machine():
    """What this runs on."""
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {"kernel": platform.release(), "architecture": platform.machine(),
            "cores": len(os.sched_getaffinity(0)), "model": models[0] if models else "",
            "load": round(os.getloadavg()[0], 2)}


def processor_times():
    """What /proc/stat says of all processors: see proc(5)."""
    return list(map(int, pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))


def _stolen(before):
    """The share of the processors' time since then that a virtual machine's host gave to others."""
    spent = [now - then for now, then in zip(processor_times(), before)]
    return spent[7] / sum(spent) if sum(spent) else 0


def _taken(share):
    return f"The host gave {100 * share:.1f} % of the processors' time to others."


def _describe(facts):
    model = f", {facts['model']}" if facts["model"] else ""
    return (f"Linux {facts['kernel']}, {facts['architecture']}, {facts['cores']} cores{model}. "
            f"Load average before: {facts['load']:.2f}.")
