# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures as a report's JSON holds them."""

import math

import numpy as np
from numpy.typing import NDArray

from models.measure import spread


def limits(values: NDArray[np.float64]) -> list[float | None]:
    """The 95 % interval of bootstrap values."""
    return [rounded(value) for value in spread(values)]


def rounded(value: float) -> float | None:
    """Four digits; None where a figure is not defined (JSON knows no NaN)."""
    return None if math.isnan(value) else round(float(value), 4)
