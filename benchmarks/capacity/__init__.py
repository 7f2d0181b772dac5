# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many cameras a core carries, what happens when some of them misbehave, and whether memory stays flat."""
