"""The invoice that an address of the buyer's pages names, and its page's language."""

from flask import abort

from app.db.models import Invoice
from app.db.queries import newest_height, reading, whole_invoice
from app.pages.checkout_view import CheckoutView, checkout_view
from app.pages.languages import speak_for
from app.services import services


def found(first: str, second: str | None) -> tuple[Invoice | None, str | None]:
    """The invoice and the payment method of /i/{id}/{method} or, as old links have it, /i/{method}/{id}."""
    row, method = whole_invoice(reading(), first), second
    if row is None and second:
        row, method = whole_invoice(reading(), second), first
    if row is not None and not row.archived:
        speak_for(row)
    return row, method


def viewed(row: Invoice | None, method: str | None) -> CheckoutView:
    """What a buyer sees of it by that method, or by its first one. 404."""
    if row is None or row.archived or not row.prompts:
        abort(404)
    methods = [prompt.payment_method for prompt in row.prompts]
    if method is not None and method not in methods:
        abort(404)
    return checkout_view(row, method or _preferred(row, methods), tip_height(), services().clock.now())


def tip_height() -> int:
    """The height that confirmations are counted from."""
    return newest_height(reading(), services().settings.network)


def _preferred(row: Invoice, methods: list[str]) -> str:
    """What the invoice was asked to show first, if it has that."""
    wanted = (row.checkout or {}).get("defaultPaymentMethod")
    return wanted if wanted in methods else methods[0]
