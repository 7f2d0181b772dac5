# SPDX-License-Identifier: AGPL-3.0-or-later
import detector  # noqa: F401 - it tells onnxruntime, which some of these modules import, to report to nobody
