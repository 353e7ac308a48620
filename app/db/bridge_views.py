"""Watched orders with their invoices as the bridge's decision wants them: a page of orders in a few statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.db import models
from app.db.facts import invoice_facts, payment_facts
from app.domain.accounting import totals
from app.domain.bridge import InvoiceView, Plugin, order_key_of
from app.domain.bridge_times import WatchState
from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, Status
from app.domain.payment import Payment, PaymentStatus
from app.domain.shop_order import from_json
from app.domain.watch import FAILING_SINCE, InvoiceWatch, Watch

MOVING = {  # what a plugin, or a person, moves the order by
    kind.ipn_name
    for kind in (
        EventType.PAID_IN_FULL,
        EventType.CONFIRMED,
        EventType.COMPLETED,
        EventType.EXPIRED,
        EventType.EXPIRED_PAID_PARTIAL,
        EventType.PAID_AFTER_EXPIRATION,
        EventType.FAILED_TO_CONFIRM,
        EventType.MARKED_COMPLETE,
        EventType.MARKED_INVALID,
        EventType.SETTLED_PAYMENT_LOST,
        EventType.SETTLED_PAYMENT_RETURNED,
    )
}
FULL = {EventType.PAID_IN_FULL.ipn_name, EventType.PAID_AFTER_EXPIRATION.ipn_name}
SETTLED = {EventType.CONFIRMED.ipn_name, EventType.MARKED_COMPLETE.ipn_name}
MARKED = {EventType.MARKED_COMPLETE.ipn_name, EventType.MARKED_INVALID.ipn_name, EventType.CLOSED_WITH_ORDER.ipn_name}


def watch_of(row: models.WatchedOrder) -> Watch:
    """The row of a watched order as a value."""
    return Watch(
        id=row.id,
        store_id=row.store_id,
        order_id=row.order_id,
        state=WatchState(row.state),
        look_at=row.look_at,
        watch_until=row.watch_until,
        last_looked_at=row.last_looked_at,
        disagreed_since=row.disagreed_since,
        last_seen=None if row.last_seen is None else from_json(row.last_seen),
        failing_since=_failing_since(row),
    )


def _failing_since(row: models.WatchedOrder) -> datetime | None:
    """Of an order that was never read, nobody but a failing look can have found that it disagrees."""
    if row.last_seen is None:
        return row.disagreed_since
    kept = row.last_seen.get(FAILING_SINCE)
    return None if kept is None else datetime.fromisoformat(kept)


def invoices_of(session: Session, watched_order_ids: Sequence[int]) -> dict[int, list[InvoiceWatch]]:
    """By order, its invoices, oldest first."""
    wanted = select(models.Invoice).where(models.Invoice.watched_order_id.in_(watched_order_ids))
    whole = (
        selectinload(models.Invoice.prompts),
        selectinload(models.Invoice.payments).selectinload(models.Payment.prompt),
    )
    ordered = wanted.order_by(models.Invoice.created_at, models.Invoice.id).execution_options(populate_existing=True)
    rows = session.scalars(ordered.options(*whole)).all()
    events, refunded = _events(session, rows), _refunded(session, rows)
    found: dict[int, list[InvoiceWatch]] = defaultdict(list)
    for row in rows:
        found[row.watched_order_id or 0].append(_one(row, events[row.id], row.id in refunded))
    return found


def _one(row: models.Invoice, events: Sequence[models.Event], has_refund: bool) -> InvoiceWatch:
    facts, payments = invoice_facts(row), [payment_facts(payment) for payment in row.payments]
    settled = [payment for payment in payments if payment.status is PaymentStatus.SETTLED]
    enough = totals(facts, settled)
    by = {event.type: event for event in events}
    view = InvoiceView(
        id=row.id,
        status=Status(row.status),
        additional_status=AdditionalStatus(row.additional_status),
        price=row.price,
        currency=row.currency,
        order_key=order_key_of(row.redirect_url),
        plugin=Plugin.V1 if row.metadata_ is None else Plugin.V2,
        created_at=row.created_at,
        expires_at=row.expires_at,
        seen_sats=_sats(payment for payment in payments if payment.accounted),
        settled_sats=_sats(settled),
        was_full=bool(FULL & set(by)) or row.status == Status.SETTLED.value,
        is_full_settled=bool(settled) and not enough.is_underpaid and enough.paid_gross > 0,
        is_lost=any(_is_lost(row, payment) for payment in row.payments),
        has_refund=has_refund,
        first_seen_at=min((payment.paid_at for payment in row.payments), default=None),
        settled_at=next((event.at for event in events if event.type in SETTLED), None),
        marked_by=next((_by(event) for event in reversed(events) if event.type in MARKED), None),
    )
    moved = [event.at for event in events if event.type in MOVING]
    return InvoiceWatch(view, max(moved, default=row.created_at))


def _sats(payments: Iterable[Payment]) -> int:
    return sum(payment.value_sats for payment in payments)


def _is_lost(row: models.Invoice, payment: models.Payment) -> bool:
    """One that settled in the mempool, and is still there, is not."""
    settled = payment.settled_at is not None and row.status == Status.SETTLED.value
    return settled and payment.height is None and payment.status != PaymentStatus.SETTLED.value


def _by(event: models.Event) -> str | None:
    said = event.payload.get("by")
    return said if isinstance(said, str) else None


def _events(session: Session, rows: Sequence[models.Invoice]) -> Mapping[str, Sequence[models.Event]]:
    wanted = select(models.Event).where(models.Event.invoice_id.in_([row.id for row in rows]))
    found: dict[str, list[models.Event]] = defaultdict(list)
    for event in session.scalars(wanted.where(models.Event.type.in_(MOVING | MARKED)).order_by(models.Event.id)):
        found[event.invoice_id].append(event)
    return found


def _refunded(session: Session, rows: Sequence[models.Invoice]) -> set[str]:
    made = select(models.PullPayment.invoice_id).where(models.PullPayment.invoice_id.in_([row.id for row in rows]))
    return {invoice_id for invoice_id in session.scalars(made) if invoice_id is not None}
