# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands for who may use a service, and for its database: users, keys, db."""

import dataclasses
from typing import Annotated

import typer

from api import accounts
from api.roles import Role
from api.store import upgrade
from curbwatch.commands.stores import SettingsFile, city, opened, opened_to_fill
from curbwatch.commands.tables import AsJson, print_rows
from curbwatch.settings import load_settings

users = typer.Typer(help="People who sign in to the page.", no_args_is_help=True)
keys = typer.Typer(help="API keys of machines.", no_args_is_help=True)
db = typer.Typer(help="The database.", no_args_is_help=True)

RoleOption = Annotated[Role, typer.Option(help="what it may do")]
Password = Annotated[
    str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="CURBWATCH_NEW_PASSWORD")
]


@users.command("add")
def add_user(settings: SettingsFile, name: str, password: Password, role: RoleOption = Role.OPERATOR) -> None:
    """Add a person. Example: curbwatch users add -s city.toml li --role operator (asks for the password)"""
    with opened_to_fill(settings) as store:
        user = accounts.add_user(store, name, password, role)
    typer.echo(f"{user.name} may sign in as {user.role}")


@users.command("password")
def set_password(settings: SettingsFile, name: str, password: Password) -> None:
    """Give a person a new password and end their sessions. Example: curbwatch users password -s city.toml li"""
    with opened(settings) as store:
        user = accounts.set_password(store, name, password)
    shut = f", but is disabled: `curbwatch users enable -s {settings} {name}` lets them in again"
    typer.echo(f"{name} has a new password{shut if user.disabled_at else ''}")


@users.command("role")
def set_role(settings: SettingsFile, name: str, role: RoleOption) -> None:
    """Give a person another role, at once. Example: curbwatch users role -s city.toml li --role viewer"""
    with opened(settings) as store:
        accounts.set_role(store, name, role)
    typer.echo(f"{name} is {role} now")


@users.command("disable")
def disable_user(settings: SettingsFile, name: str) -> None:
    """End a person's access at once. Example: curbwatch users disable -s city.toml li"""
    with opened(settings) as store:
        accounts.disable_user(store, name)
    typer.echo(f"{name} is disabled")


@users.command("enable")
def enable_user(settings: SettingsFile, name: str) -> None:
    """Let a disabled person sign in again. Example: curbwatch users enable -s city.toml li"""
    with opened(settings) as store:
        accounts.enable_user(store, name)
    typer.echo(f"{name} may sign in again")


@users.command("list")
def list_users(settings: SettingsFile, as_json: AsJson = False) -> None:
    """List people. Example: curbwatch users list -s city.toml"""
    with opened(settings) as store:
        print_rows([dataclasses.asdict(user) for user in accounts.list_users(store)], city(settings), as_json=as_json)


@keys.command("add")
def add_key(settings: SettingsFile, name: str, role: RoleOption = Role.PATROL) -> None:
    """Make an API key; its secret is printed once. Example: curbwatch keys add -s city.toml dispatch --role operator"""
    with opened_to_fill(settings) as store:
        typer.echo(accounts.add_key(store, name, role))


@keys.command("revoke")
def revoke_key(settings: SettingsFile, name: str) -> None:
    """End a key at once. Example: curbwatch keys revoke -s city.toml dispatch"""
    with opened(settings) as store:
        accounts.revoke_key(store, name)
    typer.echo(f"{name} is revoked")


@keys.command("list")
def list_keys(settings: SettingsFile, as_json: AsJson = False) -> None:
    """List API keys, never their secrets. Example: curbwatch keys list -s city.toml"""
    with opened(settings) as store:
        print_rows([dataclasses.asdict(key) for key in accounts.list_keys(store)], city(settings), as_json=as_json)


@db.command("upgrade")
def upgrade_db(settings: SettingsFile) -> None:
    """Bring the database to this version's tables; safe to repeat. Example: curbwatch db upgrade -s city.toml"""
    typer.echo(f"database is at {upgrade(load_settings(settings).database_url)}")
