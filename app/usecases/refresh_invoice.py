"""Assess an invoice on the facts as stored; write status, events and the deliveries owed for them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.db.facts import invoice_facts, payment_facts
from app.db.models import Delivery, Invoice
from app.db.models import Event as EventRow
from app.domain.assess import Assessment, assess
from app.domain.chain import Tip
from app.domain.events import Event, ipn_shapes
from app.domain.invoice import Status
from app.domain.payment import PaymentStatus


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
    for event in result.events:
        record_event(session, row, event, now, counted)
    return result


def record_event(
    session: Session, row: Invoice, event: Event, now: datetime, counted: Mapping[str, int] | None = None
) -> EventRow:
    """Store `event`, with what was `counted` when it happened, and the deliveries it owes, in the caller's change.

    Rows get their ids in the order in which they are added: deliveries go out in that order.
    """
    payload = {**event.payload(), **(counted or {})}
    stored = EventRow(invoice_id=row.id, type=event.type.ipn_name, at=now, payload=payload)
    session.add(stored)
    if row.ipn_endpoint_id is not None:
        for shape in ipn_shapes(event.type, full=row.full_notifications, extended=row.extended_notifications):
            session.add(
                Delivery(
                    event=stored,
                    endpoint_id=row.ipn_endpoint_id,
                    invoice_id=row.id,
                    shape=shape.value,
                    created_at=now,
                    next_at=now,
                )
            )
    return stored
