"""`flask payout …`: look at what was claimed, approve it, and see it paid."""

from typing import Any

import click

from app.cli.invoice import printable
from app.cli.terms import Verbs, as_json, print_json, the_store
from app.db.models import Payout
from app.db.queries import reading
from app.db.queries_payouts import payout_named, payouts_of_store
from app.domain.bip21 import payment_link
from app.domain.payout import PayoutState
from app.errors import NotFound
from app.services import services
from app.usecases.approve_payout import approve_payout, cancel_payout, mark_payout
from app.usecases.propose_psbt import ask_for_psbt


@click.group(cls=Verbs)
def payout() -> None:
    """Refunds and other payouts: claimed by customers, approved by you, paid from your own wallet."""


@payout.command("list")
@click.argument("store_name", metavar="STORE")
@click.option("--all", "include_cancelled", is_flag=True, help="Cancelled ones as well.")
@as_json
def list_payouts(store_name: str, include_cancelled: bool, as_json: bool) -> None:
    """The payouts of STORE (id or name), newest first."""
    rows = payouts_of_store(reading(), the_store(store_name).id, include_cancelled=include_cancelled)
    if as_json:
        print_json([_told(row) for row in rows])
        return
    for row in rows:
        asked = f"{row.original_amount:f} {row.original_currency}"
        click.echo(printable(f"{row.id}  {row.state}  {asked}  {row.value_sats or '-'} sats  {row.destination}"))


@payout.command()
@click.argument("payout_id", metavar="ID")
@as_json
def show(payout_id: str, as_json: bool) -> None:
    """Everything known about one payout: how to pay it, and what paid it."""
    row = payout_named(reading(), payout_id)
    if row is None:
        raise NotFound(f"there is no payout {payout_id}")
    told = _told(row)
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        click.echo(printable(f"{name}: {'' if value is None else value}"))


@payout.command()
@click.argument("payout_id", metavar="ID")
def approve(payout_id: str) -> None:
    """Approve a payout at the rate of now; prints the link to pay it by."""
    approve_payout(payout_id, None, None, services().payout_surroundings(), services().clock.now())
    row = payout_named(reading(), payout_id)
    click.echo(payment_link(row.destination, row.value_sats or 0) if row else "")


@payout.command()
@click.argument("payout_id", metavar="ID")
def cancel(payout_id: str) -> None:
    """Cancel a payout that was not paid."""
    cancel_payout(payout_id, services().clock.now())
    click.echo(f"{payout_id} is cancelled.")


@payout.command()
@click.argument("payout_id", metavar="ID")
@click.option("--undo", is_flag=True, help="Take that back.")
def paid(payout_id: str, undo: bool) -> None:
    """Say that a payout was paid where the chain cannot tell."""
    state = PayoutState.AWAITING_PAYMENT if undo else PayoutState.COMPLETED
    mark_payout(payout_id, state, None, services().clock.now())
    row = payout_named(reading(), payout_id)
    click.echo(f"{payout_id} is {row.state if row else state}.")


@payout.command()
@click.argument("payout_id", metavar="ID")
def psbt(payout_id: str) -> None:
    """Have the worker ask the merchant's wallet on the node for a transaction anew."""
    ask_for_psbt(payout_id, services().clock.now())
    click.echo("The worker will ask; `flask payout show` has the outcome in a moment.")


def _told(row: Payout) -> dict[str, Any]:
    return {
        "id": row.id,
        "store_id": row.store_id,
        "pull_payment_id": row.pull_payment_id,
        "state": row.state,
        "marked": row.marked,
        "asked": f"{row.original_amount:f} {row.original_currency}",
        "destination": row.destination,
        "value_sats": row.value_sats,
        "rate": None if row.rate is None else f"{row.rate:f}",
        "link": None if row.value_sats is None else payment_link(row.destination, row.value_sats),
        "txid": row.output.txid if row.output else None,
        "created_at": row.created_at.isoformat(),
        "approved_at": row.approved_at.isoformat() if row.approved_at else None,
        "psbt_state": row.psbt_state,
        "psbt_message": row.psbt_message,
        "psbt": row.psbt,
    }
