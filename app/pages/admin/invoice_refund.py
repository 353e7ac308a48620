"""/admin/invoices/{id}/refund: offer the buyer money back, after a look at what it comes to."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, request

from app.db.models import Invoice
from app.db.queries import reading
from app.db.queries_payouts import refunds_of
from app.domain.money import coins_text
from app.domain.payment_methods import ONCHAIN
from app.domain.permissions import Policy
from app.domain.refund import Asked, Paid, Variant, coins_now
from app.errors import BadInput, SattleError
from app.pages.admin.frame import drawn, holder
from app.pages.admin.invoice import invoice_or_404
from app.pages.checkout_view import money
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.refund_invoice import NewRefund, paid_by, rate_or_none, refund_invoice

PATH = "/admin/invoices/<invoice_id>/refund"
POLICY = Policy.CREATE_NON_APPROVED_PULL_PAYMENTS
FIELDS = ("variant", "amount", "currency", "fee")
NAMES = {
    "CustomAmount": "amount",
    "CustomCurrency": "currency",
    "SubtractPercentage": "fee",
    "RefundVariant": "variant",
}

blueprint = for_forms(Blueprint("admin_refund", __name__))


@blueprint.get(PATH)
@for_merchants
def page(invoice_id: str) -> Response:
    """The choices with their amounts."""
    return _form(invoice_or_404(invoice_id, POLICY), {})


@blueprint.post(PATH)
@for_merchants
def offer(invoice_id: str) -> Response:
    """Make the refund; its link is on the invoice's page."""
    row = invoice_or_404(invoice_id, POLICY)
    given = {name: request.form.get(name, "").strip()[:60] for name in FIELDS}
    may_approve = holder().may(Policy.CREATE_PULL_PAYMENTS, row.store_id)
    try:
        wanted = NewRefund(_asked(given), ONCHAIN, may_approve=may_approve, known=_known())
        refund_invoice(invoice_id, wanted, services().payout_surroundings(), services().clock.now())
    except BadInput as wrong:
        named = BadInput(NAMES.get(wrong.field, wrong.field), wrong.value, wrong.remedy)
        return _form(invoice_or_404(invoice_id, POLICY), given, str(named), 422)
    except SattleError as trouble:
        return _form(invoice_or_404(invoice_id, POLICY), given, str(trouble), 422)
    return see_other(f"/admin/invoices/{invoice_id}#refunds")


def _asked(given: Mapping[str, str]) -> Asked:
    if given["variant"] not in list(Variant):
        raise BadInput("variant", given["variant"], "choose how much to give back")
    variant = Variant(given["variant"])
    custom = variant is Variant.CUSTOM
    return Asked(
        variant=variant,
        subtract_percent=_number("fee", given["fee"]) or Decimal(0),
        custom_amount=_number("amount", given["amount"]) if custom else None,
        custom_currency=given["currency"].upper() or None if custom else None,
    )


def _known() -> int:
    """How many refunds of the invoice the form has shown; -1, which is none, when it was not ours."""
    text = request.form.get("known", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _number(field: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadInput(field, text, "write it as 12.34, with a point") from None
    if not number.is_finite() or (number and abs(number.adjusted()) > 30):
        raise BadInput(field, text, "use a number of ordinary size")
    return number


def _form(row: Invoice, given: Mapping[str, str], trouble: str = "", status: int = 200) -> Response:
    around, now = services().payout_surroundings(), services().clock.now()
    paid = paid_by(row, ONCHAIN, around)
    rate = rate_or_none(reading(), row, around, now)
    return drawn(
        "admin/refund.html",
        status,
        invoice=row,
        given=given,
        trouble=trouble,
        choices=_choices(paid, rate) if paid and paid.sats else [],
        offered=refunds_of(reading(), row.id),
        fixed_at_once=holder().may(Policy.CREATE_PULL_PAYMENTS, row.store_id),
    )


def _choices(paid: Paid, rate: Decimal | None) -> list[tuple[str, str, str]]:
    """(variant, amount, what it means) of those that are possible."""
    worth = money(paid.worth, paid.currency)
    found = [
        (Variant.RATE_THEN.value, f"{coins_text(paid.sats)} BTC", "the coins that came, whatever they are worth today"),
        (Variant.FIAT.value, worth, "what was paid, turned into coins when you approve the claim"),
    ]
    if rate is not None:
        today = f"{coins_now(paid, rate):.8f} BTC"
        found.insert(1, (Variant.CURRENT_RATE.value, today, f"{worth} at today's rate, fixed now"))
    if paid.overpaid_sats:
        over = f"{coins_text(paid.overpaid_sats)} BTC"
        found.insert(0, (Variant.OVERPAID.value, over, "only what was too much"))
    return found
