# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m curbwatch` is the same as `curbwatch`."""

from curbwatch.cli import main

main()
