"""The receipt of a paid invoice, made to be printed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request

from app.db.facts import filled_address, payment_facts
from app.db.models import Invoice
from app.domain.chain import Tip
from app.domain.invoice import Status
from app.domain.money import coins_text
from app.domain.payment import confirmations
from app.pages.branding import Branding, branding
from app.pages.checkout_find import found, tip_height, viewed
from app.pages.checkout_view import CheckoutView, web_address
from app.pages.languages import kept
from app.pages.qr import qr_svg
from app.services import services

MOST_LINES = 100  # of what a shop wrote about the cart
LONGEST_TEXT = 500

blueprint = Blueprint("receipt", __name__)


@dataclass(frozen=True)
class Paid:
    """One payment as the receipt lists it."""

    amount: str
    at: datetime
    txid: str
    confirmations: int


@blueprint.get("/i/<invoice_id>/receipt")
def receipt(invoice_id: str) -> Response:
    """The receipt; before an invoice is settled, how it stands. Where none is wanted: back to the shop, or 404."""
    services().slow_down(services().page_throttle, request.environ)
    row, _ = found(invoice_id, None)
    if row is None or row.archived:
        abort(404)
    brand = branding(row)
    if not brand.has_receipt:
        return _back_to_the_shop(row)
    view = viewed(row, None) if row.prompts else None
    if row.status != Status.SETTLED.value and view is None:
        abort(404)
    return _drawn(row, brand, view)


@blueprint.get("/i/<invoice_id>/receipt.svg")
def link(invoice_id: str) -> Response:
    """The receipt's own address as a QR code, for a printed copy."""
    services().slow_down(services().page_throttle, request.environ)
    row, _ = found(invoice_id, None)
    if row is None or row.archived or not branding(row).has_receipt:
        abort(404)
    return Response(qr_svg(f"{services().settings.public_url}/i/{row.id}/receipt"), mimetype="image/svg+xml")


def cart_lines(data: object) -> list[tuple[str, str]]:
    """What the shop wrote about the cart (metadata.receiptData), as names and values; parts of parts are indented."""
    return list(_lines(data, ""))[:MOST_LINES] if isinstance(data, Mapping) else []


def _lines(data: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        label = f"{before}{name}"[:LONGEST_TEXT]
        if isinstance(value, Mapping):
            yield from _lines(value, f"{label} · ")
        elif isinstance(value, list | tuple):
            yield label, ", ".join(str(part) for part in value if not isinstance(part, Mapping | list))[:LONGEST_TEXT]
        elif value is not None:
            yield label, str(value)[:LONGEST_TEXT]


def _drawn(row: Invoice, brand: Branding, view: CheckoutView | None) -> Response:
    payments = _payments(row) if row.status == Status.SETTLED.value else []
    page = render_template(
        "receipt.html",
        view=view,
        brand=brand,
        invoice=row,
        is_paid=row.status == Status.SETTLED.value,
        payments=payments if brand.receipt_has_payments else [],
        paid_at=max((paid.at for paid in payments), default=row.created_at),
        lines=cart_lines((row.metadata_ or {}).get("receiptData")),
        return_url=web_address(filled_address(row, row.redirect_url or "")),
        prints=request.args.get("print") == "true",
        kept=kept(),
    )
    return Response(page)


def _payments(row: Invoice) -> list[Paid]:
    tip = Tip(tip_height(), "", services().clock.now())
    listed = [(payment, payment_facts(payment)) for payment in row.payments]
    return [
        Paid(coins_text(payment.value_sats), payment.paid_at, payment.txid, confirmations(facts, tip))
        for payment, facts in listed
        if facts.accounted
    ]


def _back_to_the_shop(row: Invoice) -> Response:
    back = web_address(filled_address(row, row.redirect_url or ""))
    if back is None:
        abort(404)
    answer = redirect(back)
    return Response(answer.get_data(), answer.status_code, answer.headers)
