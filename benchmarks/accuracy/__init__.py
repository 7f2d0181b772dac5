# SPDX-License-Identifier: AGPL-3.0-or-later
"""How good a model is on labelled pictures, and whether another one is better."""
