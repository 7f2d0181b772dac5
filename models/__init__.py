# SPDX-License-Identifier: AGPL-3.0-or-later
import os

import detector  # noqa: F401 - it tells onnxruntime, which some of these modules import, to report to nobody

os.environ.setdefault("YOLO_OFFLINE", "true")  # or ultralytics, which training imports, asks the internet for a name
