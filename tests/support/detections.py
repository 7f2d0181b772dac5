# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a model says of an empty street."""

import numpy as np

from detector.detections import Detections

NOTHING = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
