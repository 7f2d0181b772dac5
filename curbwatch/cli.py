# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line: `curbwatch COMMAND --help` shows each with an example."""

import sys
import traceback

import typer
from sqlalchemy.exc import OperationalError

from api.errors import ApiError
from curbwatch.commands import admin, bench, look, replay, serve, train, why
from curbwatch.errors import CurbwatchError
from detector.errors import DetectorError
from streams.errors import StreamError
from streams.redact import redact

app = typer.Typer(
    name="curbwatch",
    help="Watches a city's cameras for road-occupying stalls and piled debris. Start with: curbwatch demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve.demo)
app.command()(serve.run)
app.command()(look.check)
app.command()(look.probe)
app.command()(look.detect)
app.command()(replay.replay)
app.command()(why.why)
app.add_typer(bench.app, name="bench")
for command in (train.train, train.export, train.card):
    admin.models.command()(command)
app.add_typer(admin.models, name="models")
app.add_typer(admin.cases, name="cases")
app.add_typer(admin.users, name="users")
app.add_typer(admin.keys, name="keys")
app.add_typer(admin.db, name="db")


def main() -> None:
    """Run the command line; 0 good, 1 a finding, 2 wrong use or settings."""
    try:
        app()
    except (CurbwatchError, DetectorError, StreamError, ApiError) as error:
        sys.stderr.write(f"curbwatch: {redact(str(error))}\n")
        sys.exit(2)
    except OperationalError as error:  # its own text goes on with the statement and its values
        sys.stderr.write(f"curbwatch: the database cannot be used: {redact(str(error.orig).strip())}\n")
        sys.exit(2)
    except OSError as error:
        sys.stderr.write(f"curbwatch: {redact(str(error))}; check that it exists and whose it is\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:  # noqa: BLE001 - the outermost frame: libraries put addresses with passwords into their errors
        sys.stderr.write(redact(traceback.format_exc()))
        sys.exit(1)
