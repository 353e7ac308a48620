"""`flask woo …`: the orders of connected shops, and what they disagree about with their invoices."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from app.cli.invoice import printable
from app.cli.terms import Verbs, as_json, print_json, the_store
from app.db.models import Mismatch, WatchedOrder
from app.db.queries import reading
from app.db.queries_bridge import BY_HAND, connected_stores, open_orders
from app.db.queries_mismatches import open_mismatches
from app.domain.ids import new_id
from app.domain.mismatch import MismatchKind
from app.errors import NotFound
from app.sealing import CannotUnseal
from app.services import Desk, Passed, Report, ShopTrouble, look_at, look_at_all, services

PAGE = 500
of_store = click.option("--store", "store_name", metavar="STORE", help="Only this store (id or name).")


@click.group(cls=Verbs)
def woo() -> None:
    """The shops that stores are connected to: their orders, and whether they agree with the chain."""


@woo.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--order", "order_id", type=click.IntRange(1, 2**63 - 1), metavar="ID", help="Only this order.")
@of_store
def reconcile(dry_run: bool, order_id: int | None, store_name: str | None) -> None:
    """Read the shop's orders back now, due or not, and bring them in step with their invoices."""
    who, looked, attended, failed = BY_HAND + new_id(12), 0, 0, False
    for store_id in _stores(store_name):
        try:
            desk = services().bridge_desk(store_id, who, dry=dry_run, report=_say)
            passed = _pass_over(desk, order_id)
        except (ShopTrouble, CannotUnseal) as trouble:
            failed = True
            click.echo(printable(f"Error: store {store_id}: {trouble}"), err=True)
            continue
        looked, attended = looked + passed.looked, attended + passed.attended
    if order_id is not None and not looked and not failed:
        raise NotFound(f"order {order_id} is not watched: no invoice names it")
    click.echo(f"{looked} orders were looked at, {attended} of them by a call of their own.")
    if failed:
        sys.exit(1)


@woo.command()
@of_store
@as_json
def mismatches(store_name: str | None, as_json: bool) -> None:
    """What order and invoice disagree about and only a person may settle. Exit 1 when there is anything."""
    rows = open_mismatches(reading(), _stores(store_name))
    if as_json:
        print_json([_told(row) for row in rows])
    for row in () if as_json else rows:
        title = MismatchKind(row.kind).told.title
        since = _short(row.opened_at)
        click.echo(
            printable(f"{row.id}  order {row.watched_order.order_id}, invoice {row.invoice_id}: {title}, {since}")
        )
    if rows:
        sys.exit(1)


@woo.command()
@of_store
@as_json
def watch(store_name: str | None, as_json: bool) -> None:
    """The orders that are watched, and when each is looked at next."""
    stores = _stores(store_name)
    listed = [_watched(row) for store_id in stores for row in _all_open(store_id)]
    if as_json:
        print_json(listed)
    hidden = () if len(stores) > 1 else ("store_id",)
    for each in () if as_json else listed:
        click.echo(printable("  ".join(f"{name} {value}" for name, value in each.items() if name not in hidden)))


def _all_open(store_id: str) -> Iterator[WatchedOrder]:
    after = 0
    while page := open_orders(reading(), store_id, after, PAGE):
        after = page[-1].id
        yield from page


def _stores(store_name: str | None) -> list[str]:
    """The stores that are meant. NotFound when the one that is named is not connected."""
    connected = connected_stores(reading())
    if store_name is None:
        return connected
    store_id = the_store(store_name).id
    if store_id not in connected:
        raise NotFound(f"store {store_name} is not connected to a shop")
    return [store_id]


def _pass_over(desk: Desk, order_id: int | None) -> Passed:
    """All orders of a store, or one. A shop that was asked and answered is well. ShopTrouble."""
    passes = look_at_all(desk) if order_id is None else [look_at(desk, desk.ledger.named([order_id]))]
    total = Passed()
    for passed in passes:
        total = total.plus(passed)
    asked = total.looked if order_id is None else total.attended  # one that another worker has is not asked for
    if asked and not desk.dry:
        desk.ledger.answered()
    return total


def _say(report: Report) -> None:
    guards = f" (guards {', '.join(report.decision.failed_guards)})" if report.decision.failed_guards else ""
    why = f"{report.did}: {report.decision.why}{guards}"
    click.echo(printable(f"order {report.order_id}, invoice {report.invoice_id}: {why}"))


def _told(row: Mismatch) -> dict[str, Any]:
    return {
        "id": row.id,
        "store_id": row.store_id,
        "order_id": row.watched_order.order_id,
        "invoice_id": row.invoice_id,
        "kind": row.kind,
        "title": MismatchKind(row.kind).told.title,
        "opened_at": row.opened_at.isoformat(),
        "remedies": [remedy.value for remedy in MismatchKind(row.kind).told.remedies],
        "evidence": row.evidence,
    }


def _watched(row: WatchedOrder) -> dict[str, Any]:
    return {
        "store_id": row.store_id,
        "order": row.order_id,
        "state": row.state,
        "look_at": row.look_at.isoformat(),
        "watch_until": row.watch_until.isoformat(),
        "last_looked_at": row.last_looked_at.isoformat() if row.last_looked_at else None,
        "status": (row.last_seen or {}).get("status"),
    }


def _short(at: datetime) -> str:
    return f"since {at:%Y-%m-%d %H:%M} UTC"
