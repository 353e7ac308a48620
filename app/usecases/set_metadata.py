"""Replace the metadata of an invoice: what the shop says of the order, and what it is found by."""

from datetime import datetime
from typing import Any

from app.db.queries_bridge import is_connected
from app.db.queries_invoices import forget_terms, locked_invoice
from app.db.queries_new_invoice import add_search_terms
from app.db.session import assessing_change
from app.domain.metadata import details_of, order_id_of
from app.domain.search import as_search_text, described, search_terms, terms_of
from app.errors import NotFound
from app.usecases.watch_order import ring_order, watch_order


def set_metadata(invoice_id: str, metadata: dict[str, Any], now: datetime) -> None:
    """Put `metadata` in the place of all there was; the order that it names now is watched. NotFound."""
    with assessing_change() as session:  # it moves an invoice from one order to another
        row = locked_invoice(session, invoice_id)
        if row is None:
            raise NotFound(f"there is no invoice {invoice_id}")
        before, gone = terms_of(row.search_text), search_terms(described(row.order_id, row.details))
        kept_of_old = {name: row.details[name] for name in ("defaultPaymentMethod",) if name in row.details}
        row.metadata_, row.order_id = metadata, order_id_of(metadata)
        row.details = details_of(metadata) | kept_of_old
        kept = [term for term in before if term not in gone]
        after = search_terms([*kept, *described(row.order_id, row.details)])
        row.search_text = as_search_text(after)
        if is_connected(session, row.store_id):
            row.watched_order_id = None
            watch_order(session, row, now)
            ring_order(session, row, now)
        session.flush()
        forget_terms(session, row.store_id, row.id, [term for term in before if term not in after])
        add_search_terms(session, row.store_id, row.id, [term for term in after if term not in before])
