"""A shop that does not answer for a day: a person is told of the orders that have money and could not be read."""

from datetime import datetime

from app.db.queries import reading
from app.db.queries_bridge import unread_with_money
from app.domain.bridge import Act
from app.domain.bridge_times import SILENT_FOR
from app.domain.mismatch import MismatchKind
from app.usecases.open_mismatch import open_mismatch

AT_ONCE = 100  # the shop fails again in a few minutes, and then the next ones are told


def raise_silence(store_id: str, says: str, now: datetime) -> int:
    """Returns how many mismatches it opened. Each ends by itself when its order was read and agrees."""
    session = reading()
    session.rollback()
    found = unread_with_money(session, store_id, now - SILENT_FOR, now, AT_ONCE)
    session.rollback()
    evidence = {"act": Act.RAISE.value, "why": says, "guards": []}
    return sum(open_mismatch(order, invoice_id, MismatchKind.NO_ANSWER, evidence, now) for order, invoice_id in found)
