"""The body of an IPN, plain or extended (bitpay-api section 7). Unsigned: the receiver fetches the invoice."""

from datetime import datetime
from typing import Any

from app.api.bitpay.render import View, shared_fields
from app.db.models import Delivery, Invoice
from app.db.queries import whole_invoice
from app.db.session import Session
from app.domain.events import EventType, Shape
from app.domain.exact_json import dumps
from app.errors import NotFound

STATUS_OF_EVENT = {EventType.PAID_IN_FULL: "paid", EventType.CONFIRMED: "confirmed"}


def ipn_body(session: Session, delivery_row: Delivery, public_url: str, now: datetime) -> bytes:
    """What is posted for `delivery_row`: the invoice as it stands now, wrapped with the event if that is the shape."""
    row = whole_invoice(session, delivery_row.invoice_id)
    if row is None:
        raise NotFound(f"there is no invoice {delivery_row.invoice_id}")
    kind = EventType.named(delivery_row.event.type)
    data = _data(row, kind, public_url, now)
    body = data
    if delivery_row.shape == Shape.IPN_EXTENDED.value:
        body = {"event": {"code": kind.code, "name": kind.ipn_name}, "data": data}
    return dumps(body, indent=2).encode()


def _data(row: Invoice, kind: EventType, public_url: str, now: datetime) -> dict[str, Any]:
    email = (row.details.get("buyer") or {}).get("email")
    view = View(row, public_url, now)
    data = shared_fields(view)
    data["buyerFields"] = {"buyerEmail": email} if email else None
    data["transactionCurrency"] = "BTC" if row.payments else None
    data["status"] = STATUS_OF_EVENT.get(kind, data["status"])
    return data
