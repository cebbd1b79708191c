# SPDX-License-Identifier: GPL-2.0-or-later
"""Libraries that edge25's programs are started with (NAME.c), and the numbers that tests give them."""

import mmap
import os
import struct

from .edge25 import BUILD
from .host import LabError


class Preloaded:
    """ENVIRONMENT starts programs with a library, which finds its PATH in a variable of its name."""

    def __init__(self, name, path):
        library = BUILD / f"{name}.so"
        if not library.exists():
            raise LabError(f"{library} is missing: make check-net builds it")
        self.environment = {**os.environ, "LD_PRELOAD": str(library), name.upper(): str(path)}


def shared(path, form, count):
    """So many numbers (a FORM of struct) in a new file: test and programs see what either writes."""
    size = count * struct.calcsize(form)
    path.write_bytes(bytes(size))
    path.chmod(0o666)
    with open(path, "r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), size)).cast(form)
