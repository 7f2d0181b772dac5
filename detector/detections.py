# SPDX-License-Identifier: AGPL-3.0-or-later
"""The struct of arrays that flows from the model to the sites."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What one look found: xyxy float32[N,4] pixels of the source frame, confidence float32[N], class_id int64[N].

    people: float32[M,4], likewise xyxy, who may be a person, however faintly seen: to be blurred, and for nothing else.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]
    people: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))

    def __len__(self) -> int:
        return len(self.confidence)

    def __getitem__(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> "Detections":
        return Detections(self.xyxy[mask], self.confidence[mask], self.class_id[mask], self.people)
