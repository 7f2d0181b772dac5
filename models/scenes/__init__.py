# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synthetic street scenes: the demo street and training cut-outs, rendered with Blender."""
