# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one type that streams and detector share."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera: uint8[H,W,3] BGR, taken_at aware UTC (its arrival), sequence counts up per camera."""

    camera_id: str
    picture: NDArray[np.uint8]
    taken_at: datetime
    sequence: int
