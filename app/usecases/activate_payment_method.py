"""Give an invoice the address and the rate of a payment method that it was made without (greenfield 2.6)."""

from datetime import datetime

from app.db.models import Invoice
from app.db.queries_invoices import locked_invoice
from app.db.queries_new_invoice import add_search_terms, taken_named, terms_of_store
from app.db.session import assessing_change
from app.domain.search import as_search_text, search_terms, terms_of
from app.usecases.create_invoice import Surroundings, add_prompts
from app.usecases.take_address import with_unused_addresses


def activate_payment_method(invoice_id: str, payment_method: str, around: Surroundings, now: datetime) -> None:
    """Do it while the invoice is New and offers that method; else nothing. NoQuote, BadInput (dust), WalletStopped."""
    with_unused_addresses(
        lambda: _activate(invoice_id, payment_method, around, now), around.network, around.derive, around.marks, now
    )


def waiting_methods(row: Invoice) -> list[str]:
    """The methods that the invoice offers and that nobody has asked for yet."""
    active = {prompt.payment_method for prompt in row.prompts}
    return [method for method in (row.checkout or {}).get("paymentMethods", []) if method not in active]


def _activate(invoice_id: str, payment_method: str, around: Surroundings, now: datetime) -> None:
    with assessing_change() as session:  # out of turn, a scan could hold the wallet and want the invoice that we hold
        row = locked_invoice(session, invoice_id)
        if row is None or row.status != "New" or payment_method not in waiting_methods(row):
            return
        terms = terms_of_store(session, row.store_id, around.network)
        methods = [pair for pair in terms.methods if pair[0] == payment_method] if terms else []
        if terms is None or not methods:
            return
        taken = add_prompts(session, row, terms, methods, around, now)
        known = terms_of(row.search_text)
        after = search_terms([*known, *(prompt.destination for prompt in row.prompts)])
        row.search_text = as_search_text(after)
        with taken_named(row.prompts):
            session.flush()
        add_search_terms(session, row.store_id, row.id, [term for term in after if term not in known])
    for address in taken:
        address.note_given()
