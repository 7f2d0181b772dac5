# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line: `curbwatch COMMAND --help` shows each with an example."""

import errno
import io
import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from api.errors import ApiError
from curbwatch.errors import CurbwatchError
from curbwatch.lazily import lazily
from detector.errors import DetectorError
from streams.errors import StreamError
from streams.redact import redact

COMMANDS = {
    "demo": "curbwatch.commands.demo:demo",
    "run": "curbwatch.commands.run:run",
    "check": "curbwatch.commands.look:check",
    "probe": "curbwatch.commands.look:probe",
    "detect": "curbwatch.commands.look:detect",
    "replay": "curbwatch.commands.replay:replay",
    "why": "curbwatch.commands.why:why",
    "refused": "curbwatch.commands.refused:refused",
    "bench": "curbwatch.commands.bench:app",
    "models": "curbwatch.commands.models:models",
    "cases": "curbwatch.commands.cases:cases",
    "users": "curbwatch.commands.accounts:users",
    "keys": "curbwatch.commands.accounts:keys",
    "db": "curbwatch.commands.accounts:db",
}
FULL = (errno.ENOSPC, errno.EDQUOT)
app = typer.Typer(
    name="curbwatch",
    help="Watches a city's cameras for road-occupying stalls and piled debris. Start with: curbwatch demo",
    cls=lazily(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"curbwatch {version('curbwatch')}")
        raise typer.Exit


@app.callback()
def curbwatch(
    _: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """What stands before a command."""


def main() -> None:
    """Run the command line; 0 good, 1 a finding, 2 wrong use or settings."""
    _open_output()
    try:
        app()
    except (CurbwatchError, DetectorError, StreamError, ApiError) as error:
        sys.stderr.write(f"curbwatch: {redact(str(error))}\n")
        sys.exit(2)
    except OSError as error:
        cure = "free some space" if error.errno in FULL else "check that it exists and whose it is"
        sys.stderr.write(f"curbwatch: {redact(str(error))}; {cure}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the outermost frame: libraries put addresses with passwords into theirs
        sys.exit(_told(error))


def _open_output() -> None:
    """Have somewhere to write (`2>&-` leaves nothing), and take names of files that are no text."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - open to the end
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115 - as above
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _told(error: Exception) -> int:
    """What the database or a fault of ours says, without secrets; returns the exit code."""
    from sqlalchemy.exc import DatabaseError, OperationalError  # noqa: PLC0415 - half a second for failures only

    # DatabaseError itself is what SQLite says of a damaged file; others of its kind are faults of ours
    if isinstance(error, DatabaseError) and type(error) in {DatabaseError, OperationalError}:
        said = redact(str(error.orig).strip())  # its own text goes on with the statement and its values
        cure = "" if isinstance(error, OperationalError) else "; put back a copy of it"
        sys.stderr.write(f"curbwatch: the database cannot be used: {said}{cure}\n")
        return 2
    sys.stderr.write(redact(traceback.format_exc()))
    return 1
