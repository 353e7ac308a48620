"""`flask secret …`: the key that shops' keys are encrypted with in the database."""

import click

from app.cli.terms import Verbs
from app.sealing import SETTING, new_key
from app.services import services
from app.usecases.reseal_shops import reseal_shops


@click.group(cls=Verbs)
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


@secret.command()
def renew() -> None:
    """Encrypt what is kept with the first key of the setting; the others are needed no more after that."""
    count = reseal_shops(services().sealer.reseal)
    click.echo(f"Encrypted anew (shops: {count}). Leave the old key away in the setting of web and worker.", err=True)
