"""`flask secret …`: the key that shops' keys are encrypted with in the database."""

import click

from app.cli.terms import Verbs
from app.sealing import SETTING, new_key


class _AnySchemaVerbs(Verbs):
    any_schema = True


@click.group(cls=_AnySchemaVerbs)
def secret() -> None:
    """What encrypts the keys of shops that the database keeps."""


@secret.command()
def new() -> None:
    """Make a sealing key, and print it alone on standard output. It is kept nowhere."""
    click.echo(new_key())
    click.echo(
        f"Set it as {SETTING} for web and worker. To replace one, put the new key first and a comma between; keep a"
        " copy apart from the backups: without it, shops have to be connected again.",
        err=True,
    )
