# SPDX-License-Identifier: AGPL-3.0-or-later
"""The languages in which everything is told to people."""

from typing import Literal

Language = Literal["en", "zh"]
