# SPDX-License-Identifier: AGPL-3.0-or-later
from hypothesis import settings

import detector  # noqa: F401 - before a test imports onnxruntime: it reports to nobody then

# how long an example takes says how busy the machine is
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
