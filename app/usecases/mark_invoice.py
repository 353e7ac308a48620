"""A person sets an invoice to Settled or Invalid, against or ahead of the chain (invoice-states 7)."""

from datetime import datetime

from app.db.facts import invoice_facts
from app.db.models import Invoice
from app.db.session import assessing_change
from app.domain.assess import mark
from app.domain.invoice import Status
from app.errors import NotFound
from app.usecases.refresh_invoice import record_event


def mark_invoice(invoice_id: str, to: Status, now: datetime) -> None:
    """Mark the invoice; the event and its deliveries commit with it. NotFound, NotAllowed."""
    with assessing_change() as session:
        row = session.get(Invoice, invoice_id)
        if row is None:
            raise NotFound(f"there is no invoice {invoice_id}")
        marked, event = mark(invoice_facts(row), to)
        row.status, row.additional_status = marked.status.value, marked.additional_status.value
        record_event(session, row, event, now)
