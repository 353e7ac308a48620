"""What the commands share: errors as one line and a non-zero exit, stores by id or name, JSON on standard output."""

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, ScriptInfo

from app.db.audit import act_as
from app.db.models import Store
from app.db.queries import reading, store_named
from app.db.session import require_schema
from app.db.trouble import database_trouble_named
from app.domain.audit import By
from app.errors import NotFound, SattleError
from app.services import RpcError

row_number = click.IntRange(1, 2**31 - 1)
"""What a database numbers rows with."""


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """What goes wrong on purpose, with the database or with the node is told in one line, without a traceback."""
    try:
        with database_trouble_named():
            yield
    except (SattleError, RpcError) as error:
        raise click.ClickException(str(error)) from error
    except (OverflowError, UnicodeError) as error:
        raise click.ClickException(f"a value cannot be used: {error}") from error


class Verbs(AppGroup):
    """A group of commands. `any_schema`: they know what to do with a database of another version."""

    any_schema = False

    def invoke(self, ctx: click.Context) -> Any:
        with told_in_one_line():
            _act_as_operator(ctx)
            if not (self.any_schema or "--help" in ctx.args):
                require_schema()
            return super().invoke(ctx)


class Verb(click.Command):
    """A command that belongs to no group. `any_schema` as for groups."""

    any_schema = False

    def invoke(self, ctx: click.Context) -> Any:
        with told_in_one_line():
            _act_as_operator(ctx)
            if not self.any_schema:
                require_schema()
            return super().invoke(ctx)


class AnySchemaVerb(Verb):
    """One that looks at, or fills, a database of whatever version."""

    any_schema = True


def _act_as_operator(ctx: click.Context) -> None:
    """What a command changes, the audit log says, was done by this user of the machine."""
    if not current_app:
        ctx.with_resource(ctx.ensure_object(ScriptInfo).load_app().app_context())
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        name = str(os.getuid())
    act_as(By.COMMAND, name)


def the_store(id_or_name: str) -> Store:
    """The store meant. NotFound also when two stores bear the name."""
    found = store_named(reading(), id_or_name)
    if found is None:
        raise NotFound(f"no single store is called {id_or_name!r}; `flask store list` shows ids and names")
    return found


def print_json(value: object) -> None:
    """The only thing on standard output."""
    click.echo(json.dumps(value))


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
