"""Look at the invoices whose deadline has passed. They expire only once the chain was observed past it."""

from datetime import datetime

from app.db.models import Invoice
from app.db.queries import overdue_invoice_ids, reading, stored_tip
from app.db.session import assessing_change
from app.domain.invoice import IN_TIME_GRACE
from app.usecases.refresh_invoice import refresh_invoice


def overdue(now: datetime) -> list[str]:
    """The open invoices whose window or monitoring is over."""
    session = reading()
    found = overdue_invoice_ids(session, now - IN_TIME_GRACE, now)
    session.rollback()
    return found


def expire_invoice(invoice_id: str, network: str, now: datetime) -> bool:
    """Assess one overdue invoice in its own change. True when something happened to it."""
    with assessing_change() as session:
        tip = stored_tip(session, network)
        if tip is None:
            return False
        return bool(refresh_invoice(session, session.get_one(Invoice, invoice_id), tip, now).events)
