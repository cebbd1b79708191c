# SPDX-License-Identifier: GPL-2.0-or-later
"""Sides that are measured in turn."""

import functools
import operator

SLICES = 3  # of each side in a round; short ones next to each other meet the same machine


def in_slices(rounds, sides, slices=SLICES):
    """{name: [sample of each round]} of {name: function that measures a short slice}. A sample is the
    sum of its slices; every other time the sides come in reverse, so that what drifts falls on all."""
    samples = {name: [] for name in sides}
    for _ in range(rounds):
        gathered = {name: [] for name in sides}
        for number in range(slices):
            for name in reversed(sides) if number % 2 else sides:
                gathered[name].append(sides[name]())
        for name, parts in gathered.items():
            samples[name].append({key: functools.reduce(operator.add, (part[key] for part in parts))
                                  for key in parts[0]})
    return samples
