# SPDX-License-Identifier: AGPL-3.0-or-later
"""The C library's memory: packets of many cameras come and go in it for months."""

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8  # malloc.h
WITHOUT = (OSError, AttributeError)  # another C library has neither arenas nor a way to trim them


def share_arenas() -> None:
    """Let threads share two of glibc's memory arenas: one each would keep freed pictures of every camera (-8 %)."""
    with suppress(*WITHOUT):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def give_back() -> None:
    """Return what is free between the packets that are kept to the system: a fifth of what their cameras take."""
    with suppress(*WITHOUT):
        ctypes.CDLL(None).malloc_trim(0)
