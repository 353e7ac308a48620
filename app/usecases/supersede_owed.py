"""End what a shop is still owed of an invoice: it would do harm if it arrived now."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.db.queries_told import pending_to_shop
from app.db.session import change
from app.domain.retry import DeliveryState

BROUGHT_TO_AGREE = "the order was brought to agree over the shop's REST API"
CLOSED_WITH_ORDER = "the order needs no payment any more, and the shop's plugin would set it failed"
SETTLED_BY_PERSON = "a person has settled what order and invoice disagreed about"


def supersede(invoice_id: str, reason: str, until: datetime) -> int:
    """Of events up to `until`: what happened later has not been agreed about. Returns how many deliveries it ended."""
    with change() as session:
        return supersede_owed(session, invoice_id, reason, until)


def supersede_owed(session: Session, invoice_id: str, reason: str, until: datetime | None = None) -> int:
    """The same in the caller's change. A try that is under way ends as it will, and is the last."""
    waiting = [row for row in pending_to_shop(session, invoice_id) if until is None or row.event.at <= until]
    for delivery in waiting:
        delivery.state, delivery.reason = DeliveryState.SUPERSEDED.value, reason
        delivery.next_attempt_id = None
    session.flush()
    return len(waiting)
