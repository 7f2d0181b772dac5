# SPDX-License-Identifier: AGPL-3.0-or-later
"""One program per peer: argv[1] is a JSON task, stdout gets `looks CAMERA` per look, until stdin ends.

They import nothing of this product that another interpreter would lack, and are run by path.
"""
