"""Watch the orders that invoices are made for, and look at them when something happens to an invoice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db import queries_bridge as queries
from app.db.models import Invoice
from app.db.queries import reading
from app.db.queries_bridge_past import unwatched_invoices
from app.db.session import assessing_change, change
from app.domain.bridge_times import GRACE, WATCHED_FOR
from app.domain.order_ref import OrderRef, order_ref

BATCH = 200


def watch_order(session: Session, row: Invoice, now: datetime) -> bool:
    """Watch the order that `row` names, in the caller's change. False when it names none."""
    ref = _ref_of(row.metadata_, row.details)
    if ref is None:
        return False
    row.watched_order_id = queries.watched_order(session, row.store_id, ref.order_id, now)
    return True


def ring_order(session: Session, row: Invoice, now: datetime) -> None:
    """An event happened to `row`: see, when the plugin has had its chance, what became of its order."""
    if row.watched_order_id is not None:
        queries.ring(session, row.watched_order_id, now + GRACE, now)


def look_sooner(store_id: str, order_ids: Sequence[int], now: datetime) -> int:
    """The shop, or a person, says that these orders are worth a look now. Returns how many of them are watched."""
    with change() as session:
        return queries.hasten(session, store_id, order_ids, now)


def watch_past(store_id: str, now: datetime) -> int:
    """Watch the orders of invoices that were made before the store was connected. Returns how many were found.

    Where an invoice is over, its order is looked at soon: nobody read it back then.
    """
    found, after = 0, (now - WATCHED_FOR, "")
    while page := unwatched_invoices(reading(), store_id, after, BATCH):
        after = (page[-1].created_at, page[-1].id)
        naming = [row.id for row in page if _ref_of(row.metadata_, row.details) is not None]
        found += _watch(naming, now) if naming else 0
    return found


def _watch(invoice_ids: Sequence[str], now: datetime) -> int:
    with assessing_change() as session:  # invoices and many orders are locked
        rows = [session.get_one(Invoice, invoice_id) for invoice_id in invoice_ids]
        named = [row for row in rows if row.watched_order_id is None and watch_order(session, row, now)]
        for row in named:
            queries.ring(session, row.watched_order_id or 0, now, now)
        return len(named)


def _ref_of(metadata: dict[str, Any] | None, details: dict[str, Any] | None) -> OrderRef | None:
    return order_ref((metadata or details or {}).get("posData"))
