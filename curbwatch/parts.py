# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of the service a process runs. Apart from the service, whose import takes seconds."""

from typing import Literal

Part = Literal["all", "api", "patrol"]
