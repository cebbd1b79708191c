# SPDX-License-Identifier: GPL-2.0-or-later
"""The net tests stand in the laboratory."""

from lab.fixtures import *  # noqa: F403
