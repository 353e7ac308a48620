"""Look at the invoices whose deadline has passed. They expire only once the chain was observed past it."""

from datetime import datetime

from app.db.models import Invoice
from app.db.queries import overdue_invoice_ids, reading, stored_tip
from app.db.session import assessing_change
from app.domain.invoice import IN_TIME_GRACE
from app.usecases.refresh_invoice import refresh_invoice

BATCH = 100  # what a slice of the worker's time is enough for; each is a change of its own


def is_any_overdue(now: datetime) -> bool:
    """Is the window or the monitoring of an open invoice over?"""
    session = reading()
    found = overdue_invoice_ids(session, now - IN_TIME_GRACE, now, 1)
    session.rollback()
    return bool(found)


def ready_to_expire(network: str, now: datetime) -> list[str]:
    """Those of them whose end the chain was observed past, the longest overdue first; some, where there are many.

    Each leaves this list when it is assessed: none stands in the way of the others.
    """
    session = reading()
    session.rollback()
    tip = stored_tip(session, network)
    seen_until = min(now, tip.observed_at) if tip else None
    found = overdue_invoice_ids(session, seen_until - IN_TIME_GRACE, seen_until, BATCH) if seen_until else []
    session.rollback()
    return found


def expire_invoice(invoice_id: str, network: str, now: datetime) -> bool:
    """Assess one overdue invoice in its own change. True when something happened to it."""
    with assessing_change() as session:
        tip = stored_tip(session, network)
        if tip is None:
            return False
        row = session.get(Invoice, invoice_id)
        return row is not None and bool(refresh_invoice(session, row, tip, now).events)
