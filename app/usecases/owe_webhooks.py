"""What the webhooks of a store are owed for events: rows to be written with them, in the caller's change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.models import Invoice
from app.db.queries_webhooks import subscribed
from app.domain.events import Event, Shape
from app.domain.metadata import metadata_of
from app.domain.money import coins_text
from app.domain.webhooks import OF_PAYMENTS, TYPES, PaidBy, content


def owed_to_webhooks(
    session: Session, row: Invoice, events: Sequence[Event], next_at: datetime
) -> list[list[dict[str, Any]]]:
    """For each event the deliveries that webhooks are owed, without its id; to be sent from `next_at` on.

    One indexed SELECT, and none when no webhook can want what happened.
    """
    if not any(event.type in TYPES for event in events):
        return [[] for _ in events]
    webhooks = subscribed(session, row.store_id)
    owed = []
    for event in events:
        kind = TYPES.get(event.type)
        wanting = [endpoint_id for endpoint_id, asked in webhooks if kind is not None and asked.wants(kind)]
        said = content(event, row.store_id, row.id, _metadata(row), _paid_by(row, event)) if wanting else None
        owed.append(
            [
                {"endpoint_id": endpoint_id, "shape": Shape.WEBHOOK.value, "next_at": next_at, "content": said}
                for endpoint_id in wanting
            ]
        )
    return owed


def _metadata(row: Invoice) -> Mapping[str, Any]:
    return row.metadata_ if row.metadata_ is not None else metadata_of(row.order_id, row.details)


def _paid_by(row: Invoice, event: Event) -> PaidBy | None:
    if event.outpoint is None or TYPES.get(event.type) not in OF_PAYMENTS:
        return None
    wanted = (event.outpoint.txid, event.outpoint.vout)
    payment = next(payment for payment in row.payments if (payment.txid, payment.vout) == wanted)
    return PaidBy(
        id=str(event.outpoint),
        payment_method=payment.prompt.payment_method,
        received_at=payment.paid_at,
        value=coins_text(payment.value_sats),
        fee=coins_text(payment.fee_sats),
        status=payment.status or "Processing",
        destination=payment.prompt.destination,
    )
