# SPDX-License-Identifier: AGPL-3.0-or-later
from hypothesis import settings

# how long an example takes says how busy the machine is
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
