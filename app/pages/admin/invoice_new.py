"""/admin/invoices/new: an invoice that a person makes by hand, by the same rules as every other one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, request

from app.domain.emails import email_address
from app.domain.permissions import Policy
from app.domain.web_address import why_no_web_address
from app.errors import BadInput, SattleError
from app.pages.admin.frame import drawn, store_or_404, stores_for
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.create_invoice import NewInvoice, create_invoice

PATH = "/admin/invoices/new"
LONGEST = {"amount": 60, "currency": 10, "order": 200, "item": 500, "email": 254, "minutes": 6, "return": 1000}
LONGEST_MINUTES = 366 * 24 * 60
LARGEST_EXPONENT = 30  # beyond any price
NAMES = {"currency": "currency", "price": "amount", "wallet": "store", "paymentMethods": "store", "email": "email"}
"""The fields of the form, by the names that the use case has for them."""

blueprint = for_forms(Blueprint("admin_new_invoice", __name__))


@blueprint.get(PATH)
@for_merchants
def page() -> Response:
    """An empty form."""
    return _form({})


@blueprint.post(PATH)
@for_merchants
def make() -> Response:
    """Make it and show it; what cannot be used is told beside what was typed."""
    given = {name: request.form.get(name, "").strip() for name in ("store", *LONGEST)}
    store = store_or_404(given["store"], Policy.CREATE_INVOICE)
    server, now = services(), services().clock.now()
    try:
        made = create_invoice(new_invoice(store.id, given, now), server.surroundings(), now)
    except BadInput as wrong:
        return _form(given, str(wrong), NAMES.get(wrong.field, wrong.field), 422)
    except SattleError as trouble:
        return _form(given, f"{trouble}. Nothing was made.", "", 422)
    return see_other(f"/admin/invoices/{made}")


def new_invoice(store_id: str, given: Mapping[str, str], now: datetime) -> NewInvoice:
    """What the form asks for. BadInput."""
    for name, most in LONGEST.items():
        text = given.get(name, "")
        if len(text) > most or not text.isprintable():
            raise BadInput(name, text, f"use at most {most} characters, all of them printable")
    back = given.get("return", "")
    if back and (why := why_no_web_address(back)):
        raise BadInput("return", back, why)
    return NewInvoice(
        store_id=store_id,
        price=_amount(given.get("amount", "")),
        currency=given.get("currency", "").upper() or None,
        order_id=given.get("order") or None,
        details=_details(given),
        expires_at=_expiry(given.get("minutes", ""), now),
        redirect_url=back or None,
    )


def _details(given: Mapping[str, str]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if given.get("item"):
        details["itemDesc"] = given["item"]
    if given.get("email"):
        details["buyer"] = {"email": email_address(given["email"])}
    return details


def _amount(text: str) -> Decimal | None:
    """None: the buyer decides."""
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadInput("amount", text, "write it as 12.34, with a point, or leave it empty") from None
    if not amount.is_finite() or amount < 0 or (amount and abs(amount.adjusted()) > LARGEST_EXPONENT):
        raise BadInput("amount", text, "use a number from 0 to 1,000,000,000,000,000,000")
    return amount


def _expiry(text: str, now: datetime) -> datetime | None:
    """None: what the store says."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_MINUTES):
        raise BadInput("minutes", text, f"use a whole number from 1 to {LONGEST_MINUTES}, or leave it empty")
    return now + timedelta(minutes=int(text))


def _form(given: Mapping[str, str], trouble: str = "", wrong: str = "", status: int = 200) -> Response:
    stores = stores_for(Policy.CREATE_INVOICE)
    return drawn("admin/invoice_new.html", status, given=given, stores=stores, trouble=trouble, wrong=wrong)
