"""Invoices that nothing is asked for yet: those whose address is made at the buyer's first look, and free ones."""

from flask import Response, abort, redirect, render_template
from werkzeug.wrappers import Response as Redirect

from app.db.facts import filled_address
from app.db.models import Invoice
from app.db.queries import reading, whole_invoice
from app.domain.invoice import Status
from app.errors import BadInput, NoQuote, WalletStopped
from app.pages.branding import branding
from app.pages.checkout_view import web_address
from app.services import services
from app.usecases.activate_payment_method import activate_payment_method, waiting_methods


def activated(row: Invoice, payment_method: str | None) -> Invoice:
    """The invoice with an address for the method, or for its first one, if it waits for somebody to look (503)."""
    waiting = waiting_methods(row)
    wanted = payment_method or next(iter(waiting), None)
    if wanted not in waiting or row.status != Status.NEW.value:
        return row
    invoice_id, running = row.id, services()
    try:
        activate_payment_method(invoice_id, wanted, running.surroundings(), running.clock.now())
    except (NoQuote, BadInput, WalletStopped) as why:
        abort(503, str(why))
    return whole_invoice(reading(), invoice_id) or row


def nothing_to_pay(row: Invoice, *, is_modal: bool) -> Response:
    """A free invoice leads back to the shop at once, or says that there is nothing to do. 404 for any other."""
    if row.status != Status.SETTLED.value:
        abort(404)
    back = web_address(filled_address(row, row.redirect_url or ""))
    if back and not is_modal:
        return _as_response(redirect(back))
    brand = branding(row)
    return Response(render_template("checkout_free.html", brand=brand, return_url=back, is_modal=is_modal, invoice=row))


def _as_response(answer: Redirect) -> Response:
    return Response(answer.get_data(), answer.status_code, answer.headers)
