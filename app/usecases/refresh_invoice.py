"""Assess an invoice on the facts as stored; write status, events and the deliveries owed for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.db.facts import invoice_facts, payment_facts
from app.db.models import Invoice
from app.db.queries_events import add_deliveries, add_events, add_events_told, has_event
from app.domain.assess import Assessment, assess
from app.domain.chain import Tip
from app.domain.events import Event, EventType, ipn_shapes
from app.domain.invoice import AdditionalStatus, Status
from app.domain.payment import PaymentStatus
from app.usecases.owe_webhooks import owed_to_webhooks
from app.usecases.supersede_owed import CLOSED_WITH_ORDER, supersede_owed
from app.usecases.watch_order import ring_order

AT_ONCE = timedelta(0)


def refresh_invoice(session: Session, row: Invoice, tip: Tip, now: datetime) -> Assessment:
    """Bring the stored state of `row` up to its facts, inside the caller's change. Twice is the same as once."""
    result = assess(invoice_facts(row), [payment_facts(payment) for payment in row.payments], tip, now)
    row.status = result.invoice.status.value
    row.additional_status = result.invoice.additional_status.value
    row.price = result.invoice.price
    by_outpoint = {(payment.txid, payment.vout): payment for payment in row.payments}
    for payment in result.payments:
        stored = by_outpoint[payment.outpoint.txid, payment.outpoint.vout]
        stored.status = payment.status.value if payment.status else None
        stored.announced = payment.announced
        if payment.status is PaymentStatus.SETTLED:
            stored.settled_at = stored.settled_at or now
        elif result.invoice.status is not Status.SETTLED:
            stored.settled_at = None  # the chain took it back before the invoice was settled with it
    counted = {
        "accountedSats": sum(p.value_sats for p in result.payments if p.accounted),
        "settledSats": sum(p.value_sats for p in result.payments if p.status is PaymentStatus.SETTLED),
    }
    record_events(session, row, result.events, now, counted)
    return result


def record_event(
    session: Session, row: Invoice, event: Event, now: datetime, *, webhooks_wait: timedelta = AT_ONCE
) -> None:
    """Store `event` and the deliveries it owes, those of webhooks to be sent so much later; in the caller's change."""
    record_events(session, row, [event], now, webhooks_wait=webhooks_wait)


def record_events(
    session: Session,
    row: Invoice,
    events: Sequence[Event],
    now: datetime,
    counted: Mapping[str, int] | None = None,
    *,
    webhooks_wait: timedelta = AT_ONCE,
) -> None:
    """Store `events`, with what was `counted` when they happened, and the deliveries they owe, in the caller's change.

    They get their ids in this order: deliveries go out in the order of theirs.
    """
    if not events:
        return
    ring_order(session, row, now)
    told = owed_to_webhooks(session, row, events, now + webhooks_wait)
    owed = [[*_ipns(row, event, now), *hooks] for event, hooks in zip(events, told, strict=True)]
    stored = [_stored(row, event, now, counted or {}) for event in events]
    if not any(owed):
        add_events(session, stored)
        return
    _owe(session, row, add_events_told(session, stored), now, owed)
    if _is_closed_with_order(session, row):
        supersede_owed(session, row.id, CLOSED_WITH_ORDER)


def _is_closed_with_order(session: Session, row: Invoice) -> bool:
    """Late money for it is a person's matter: told of it, the plugin would move an order that somebody has decided."""
    closed = (row.status, row.additional_status) == (Status.INVALID.value, AdditionalStatus.MARKED.value)
    return closed and has_event(session, row.id, EventType.CLOSED_WITH_ORDER)


def created_event(row: Invoice, now: datetime) -> dict[str, Any]:
    """That the invoice was made, as it is stored with it."""
    return _stored(row, Event(EventType.CREATED), now, {})


def owe_created(session: Session, row: Invoice, event_id: int, now: datetime, *, asks_webhooks: bool) -> None:
    """Store what is owed for that event. Where no webhook asks to be told of it, none is looked for."""
    event = Event(EventType.CREATED)
    told = owed_to_webhooks(session, row, [event], now) if asks_webhooks else [[]]
    _owe(session, row, [event_id], now, [[*_ipns(row, event, now), *told[0]]])


def _stored(row: Invoice, event: Event, now: datetime, counted: Mapping[str, int]) -> dict[str, Any]:
    return {"invoice_id": row.id, "type": event.type.ipn_name, "at": now, "payload": {**event.payload(), **counted}}


def _owe(
    session: Session, row: Invoice, event_ids: Sequence[int], now: datetime, owed: Sequence[Sequence[dict[str, Any]]]
) -> None:
    common = {"invoice_id": row.id, "created_at": now}
    rows = [
        common | {"event_id": event_id} | each for event_id, them in zip(event_ids, owed, strict=True) for each in them
    ]
    if rows:
        add_deliveries(session, rows)


def _ipns(row: Invoice, event: Event, now: datetime) -> list[dict[str, Any]]:
    if row.ipn_endpoint_id is None:
        return []
    shapes = ipn_shapes(event.type, full=row.full_notifications, extended=row.extended_notifications)
    to = {"endpoint_id": row.ipn_endpoint_id, "next_at": now, "content": None}
    return [to | {"shape": shape.value} for shape in shapes]
