# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same cameras, model and looks through other people's ways of watching cameras."""
