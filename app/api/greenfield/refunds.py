"""Refunds of invoices: what they would come to, and the pull payment that offers one (greenfield 2.7)."""

from typing import Any

from app.api.greenfield.answers import Problem
from app.api.greenfield.payout_answers import pull_payment_answer
from app.api.greenfield.payout_schemas import PullPaymentAnswer, RefundQuoteAnswer, RefundRequest, require_payable
from app.api.greenfield.process import process
from app.api.greenfield.routing import Api, Call, Resource
from app.currencies import digits
from app.db.models import PullPayment
from app.db.queries import reading, whole_invoice
from app.db.queries_invoices import store_of_invoice
from app.domain.money import coins
from app.domain.payment_methods import ONCHAIN, payment_method_id
from app.domain.permissions import Policy
from app.domain.refund import COIN, COIN_DIGITS, Asked, Variant, coins_now
from app.usecases.refund_invoice import NON_REFUNDABLE, NewRefund, paid_by, rate_or_none
from app.usecases.refund_invoice import refund_invoice as refund

ONE, ONE_SHORT = "/stores/<store_id>/invoices/<invoice_id>", "/invoices/<invoice_id>"
MISSING = (404, "invoice-not-found")
NO_METHOD = (404, "paymentmethod-not-found")

part = Api("refunds", {"invoice_id": Resource(store_of_invoice, MISSING[1])})


@part.operation(
    "POST",
    ONE + "/refund",
    also=ONE_SHORT + "/refund",
    permission=Policy.CREATE_NON_APPROVED_PULL_PAYMENTS,
    takes=RefundRequest,
    gives=PullPaymentAnswer,
    errors=(MISSING, (400, NON_REFUNDABLE), (400, "generic-error")),
    summary="Offer a refund of an invoice",
)
def refund_invoice(call: Call, invoice_id: str) -> dict[str, Any]:
    """Claims of an amount in coins are approved at once only for who may make such pull payments."""
    body = call.body
    given = body["payout_methods"] or [each for each in (body["payout_method"], body["payment_method"]) if each][:1]
    require_payable("PayoutMethods", given)
    currency = body["custom_currency"]
    asked = Asked(
        variant=Variant(body["variant"]),
        subtract_percent=body["subtract_percent"] or Asked.subtract_percent,
        custom_amount=body["custom_amount"],
        custom_currency=currency.strip().upper() if currency else None,
    )
    wanted = NewRefund(
        asked=asked,
        payment_method=ONCHAIN,
        name=body["name"] or None,
        description=body["description"],
        may_approve=call.holder.may(Policy.CREATE_PULL_PAYMENTS, call.store_id),
    )
    made = refund(invoice_id, wanted, process().payout_surroundings(), call.now)
    return pull_payment_answer(reading().get_one(PullPayment, made), process().settings.public_url)


@part.operation(
    "GET",
    ONE + "/refund/<payment_method>",
    also=ONE_SHORT + "/refund/<payment_method>",
    permission=Policy.CREATE_NON_APPROVED_PULL_PAYMENTS,
    gives=RefundQuoteAnswer,
    errors=(MISSING, NO_METHOD),
    summary="What a refund of an invoice would come to",
)
def quote_refund(call: Call, invoice_id: str, payment_method: str) -> dict[str, Any]:
    """Figures are JSON numbers here."""
    around = process().payout_surroundings()
    row = whole_invoice(reading(), invoice_id)
    try:
        paid = paid_by(row, payment_method_id(payment_method), around) if row is not None else None
    except ValueError:
        paid = None
    if row is None or paid is None:
        raise Problem(*NO_METHOD, "The invoice does not offer this payment method")
    rate = rate_or_none(reading(), row, around, call.now)
    return {
        "paymentAmountNow": None if rate is None else coins_now(paid, rate),
        "paymentAmountThen": coins(paid.sats),
        "invoiceAmount": paid.worth,
        "overpaidPaymentAmount": coins(paid.overpaid_sats) if paid.overpaid_sats else None,
        "paymentCurrency": COIN,
        "paymentCurrencyDivisibility": COIN_DIGITS,
        "invoiceCurrency": row.currency,
        "invoiceCurrencyDivisibility": digits(row.currency) or 0,
    }
