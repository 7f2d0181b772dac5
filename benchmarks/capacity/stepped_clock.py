# SPDX-License-Identifier: AGPL-3.0-or-later
"""A wall clock that can be stepped under running processes, with libfaketime; what counts seconds is left alone."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MISSING = "libfaketime is not installed; `apt install faketime` brings it"
# the library for processes with threads, where Debian, Fedora and `make install` put it
PLACES = ("lib/*/faketime", "lib64/faketime", "lib/faketime", "local/lib/faketime")
LIBRARY = "libfaketimeMT.so.1"
NOTICED_S = 1  # the library reads the file again after so long: reading it at each question would cost 15 µs


@dataclass(frozen=True, slots=True)
class SteppedClock:
    """The clock of every process that is started with its environment."""

    library: Path
    file: Path

    def step(self, seconds: float) -> None:
        """The clock is so far from the right time from now on (for the processes: within NOTICED_S)."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+.0f}\n", "utf-8")
        fresh.replace(self.file)

    def environment(self) -> dict[str, str]:
        """What a process is started with to live by this clock."""
        return dict(os.environ) | {
            "LD_PRELOAD": " ".join(filter(None, (str(self.library), os.environ.get("LD_PRELOAD")))),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": str(NOTICED_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",  # its name before version 0.9.9
        }


def stepped_clock(folder: Path, roots: Iterable[Path] = (Path("/usr"),)) -> SteppedClock | None:
    """A clock that is right until it is stepped, kept in a file of `folder`; None where the library is missing."""
    libraries = (found for root in roots for place in PLACES for found in root.glob(f"{place}/{LIBRARY}"))
    library = next(libraries, None)
    if library is None:
        return None
    clock = SteppedClock(library, folder / "clock")
    clock.step(0)
    return clock
