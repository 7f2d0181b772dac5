# SPDX-License-Identifier: AGPL-3.0-or-later
"""The scenario benchmark: does one standing violation become one true case, and what raises false ones?"""
