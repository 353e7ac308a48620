"""Close an invoice whose order needs no payment any more, so that nobody pays a dead order. The shop is not told.

Its plugin would set the order failed, also because of what it is still owed: the older one asks how the invoice stands
whenever it is told anything. The story has an event of it, and money that comes later is credited and raised.
"""

from datetime import datetime

from app.db.facts import payment_facts
from app.db.models import Invoice
from app.db.session import assessing_change
from app.domain.bridge_times import ActKind, Outcome
from app.domain.events import Event, EventType
from app.domain.invoice import AdditionalStatus, Status
from app.domain.watch import Intention
from app.usecases.claim_order import held
from app.usecases.record_act import add_act
from app.usecases.refresh_invoice import record_event
from app.usecases.supersede_owed import CLOSED_UNTOLD, supersede_owed

BY = "the bridge"


def close_invoice(watched_order_id: int, invoice_id: str, seen_sats: int, reason: str, who: str, now: datetime) -> bool:
    """False when it is not New any more, or has more money than was seen: it must be decided about anew. ClaimLost."""
    with assessing_change() as session:
        held(session, watched_order_id, who)
        row = session.get_one(Invoice, invoice_id, with_for_update={"key_share": True}, populate_existing=True)
        paid = sum(payment.value_sats for payment in row.payments if payment_facts(payment).accounted)
        if row.status != Status.NEW.value or paid > seen_sats:
            return False
        row.status, row.additional_status = Status.INVALID.value, AdditionalStatus.MARKED.value
        record_event(session, row, Event(EventType.CLOSED_WITH_ORDER, manually_marked=True, by=BY, reason=reason), now)
        supersede_owed(session, invoice_id, CLOSED_UNTOLD)
        add_act(session, Intention(watched_order_id, invoice_id, ActKind.CLOSE, "close", reason), Outcome.DONE, now)
        return True
