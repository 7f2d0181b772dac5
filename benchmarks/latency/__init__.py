# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long one look takes, stage by stage, cold and warm, by session, batch and input size."""
