"""Take an invoice out of the lists, or back into them. Its state, its page's facts and its payments go on."""

from app.db.audit import note
from app.db.queries_invoices import locked_invoice
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotAllowed, NotFound


def archive_invoice(invoice_id: str) -> None:
    """Leave it out of lists from now on; twice is the same as once. NotFound."""
    _set(invoice_id, archived=True)


def unarchive_invoice(invoice_id: str) -> None:
    """List it again. NotFound, NotAllowed when it was not archived."""
    _set(invoice_id, archived=False)


def _set(invoice_id: str, *, archived: bool) -> None:
    with change() as session:
        row = locked_invoice(session, invoice_id)
        if row is None:
            raise NotFound(f"there is no invoice {invoice_id}")
        if not archived and not row.archived:
            raise NotAllowed("this invoice is not archived")
        if row.archived != archived:
            note(session, Kind.INVOICE_ARCHIVED if archived else Kind.INVOICE_UNARCHIVED, row.id, row.store_id)
        row.archived = archived
