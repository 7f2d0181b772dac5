# SPDX-License-Identifier: AGPL-3.0-or-later
import os

# onnxruntime's builds for Linux report to their maker unless they are told not to before they are imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
