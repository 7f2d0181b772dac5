# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong in a benchmark.

BenchError
└── DataError   a data folder holds nothing that can be measured
"""


class BenchError(Exception):
    """Base of every error of the benchmarks; its text says what to do next."""


class DataError(BenchError):
    """A data folder holds nothing that can be measured; single faults are listed, not raised."""
