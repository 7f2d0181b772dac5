# SPDX-License-Identifier: AGPL-3.0-or-later
"""The six classes, in the order of the model's output, and how COCO's eighty map onto them."""

from typing import Final

CLASSES: Final = ("stall", "debris", "person", "two_wheeler", "vehicle", "umbrella")
STALL: Final = 0
DEBRIS: Final = 1
TWO_WHEELER: Final = 3
VEHICLE: Final = 4
TARGETS: Final = (STALL, DEBRIS)

# COCO class number → ours. Trains count as vehicles: a tram hides a kerb as a lorry does.
CONTEXT_OF_COCO: Final = {0: 2, 1: 3, 3: 3, 2: 4, 5: 4, 6: 4, 7: 4, 25: 5}

# Rows of COCO's class head that start each of ours. A stall starts between umbrella, dining table
# and bench; debris between backpack, handbag and suitcase. They only have to be better than noise.
COCO_ROWS: Final = ((25, 60, 13), (24, 26, 28), (0,), (1, 3), (2, 5, 7), (25,))
