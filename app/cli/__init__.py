"""The `flask` commands an operator needs. JSON alone on standard output, everything else on standard error."""

import click
from flask import Flask
from flask.cli import with_appcontext

from app.cli.api_key import api_key
from app.cli.backup import backup, restore
from app.cli.chain import chain
from app.cli.doctor import doctor
from app.cli.invoice import invoice
from app.cli.payout import payout
from app.cli.secret import secret
from app.cli.store import store
from app.cli.store_rates import rates as rates  # it adds itself to `store`
from app.cli.terms import Verb
from app.cli.user import user
from app.cli.wallet import wallet
from app.cli.webhook import webhook
from app.cli.woo import woo
from app.cli.woo_connect import connect as connect  # it adds itself to `woo`
from app.services import running_app


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (
        secret,
        store,
        user,
        api_key,
        wallet,
        invoice,
        payout,
        webhook,
        chain,
        backup,
        restore,
        doctor,
        woo,
        worker,
    ):
        app.cli.add_command(command)


@click.command(cls=Verb)
@with_appcontext
def worker() -> None:
    """Watch the chain, deliver, keep the schedule: until SIGTERM or Ctrl-C."""
    from app.worker import run  # noqa: PLC0415 - the worker's libraries are no burden to the other commands

    run(running_app())
