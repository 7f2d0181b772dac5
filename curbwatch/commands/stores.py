# SPDX-License-Identifier: AGPL-3.0-or-later
"""The store of a service, as commands open it beside that or before it first runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.store import Store, check_schema, open_store, upgrade
from curbwatch.settings import load_settings

SettingsFile = Annotated[Path, typer.Option("--settings", "-s", help="settings file of the service")]


@contextmanager
def opened(settings: Path) -> Iterator[Store]:
    """The store of a running or stopped service; only `db upgrade` and `run` change its tables, once it has some."""
    with open_store(load_settings(settings).database_url) as store:
        check_schema(store)
        yield store


@contextmanager
def opened_to_fill(settings: Path) -> Iterator[Store]:
    """The store, made where there is none: keys and users are added before the first start."""
    url = load_settings(settings).database_url
    upgrade(url)
    with open_store(url) as store:
        yield store


def city(settings: Path) -> ZoneInfo:
    """The city's time zone."""
    return load_settings(settings).tz
