"""Invoices in Greenfield's words (greenfield 2.3 and 2.5). Money is text; times are unix seconds."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.currencies import digits
from app.db import models
from app.db.facts import invoice_facts, payment_facts
from app.domain.accounting import PromptTotals, prompt_totals, totals
from app.domain.invoice import markable
from app.domain.metadata import metadata_of
from app.domain.money import coins_text
from app.domain.payment import Payment, PaymentStatus
from app.domain.payment_methods import ONCHAIN

NO_COINS = "0.00000000"


def invoice_answer(row: models.Invoice, public_url: str, *, with_methods: bool = False) -> dict[str, Any]:
    """The invoice; its payment methods are listed only where that is asked for."""
    facts = invoice_facts(row)
    payments = [payment_facts(payment) for payment in row.payments]
    paid = totals(facts, payments).paid_net if payments else Fraction(0)
    return {
        "id": row.id,
        "storeId": row.store_id,
        "amount": "0" if row.price is None else f"{row.price:f}",
        "paidAmount": _money(paid, row.currency),
        "currency": row.currency,
        "type": "TopUp" if row.is_top_up else "Standard",
        "checkoutLink": f"{public_url}/i/{row.id}",
        "createdTime": int(row.created_at.timestamp()),
        "expirationTime": int(row.expires_at.timestamp()),
        "monitoringExpiration": int(row.monitoring_ends_at.timestamp()),
        "status": row.status,
        "additionalStatus": row.additional_status,
        "availableStatusesForManualMarking": [each.value for each in markable(facts.status, facts.additional_status)],
        "archived": row.archived,
        "metadata": metadata_of(row.order_id, row.details) if row.metadata_ is None else row.metadata_,
        "checkout": _checkout(row),
        "receipt": {"enabled": True, "showQR": True, "showPayments": True} | (row.receipt or {}),
        "paymentMethods": payment_method_answers(row) if with_methods else [],
    }


def payment_method_answers(
    row: models.Invoice, *, only_accounted: bool = True, sensitive: dict[int, str] | None = None
) -> list[dict[str, Any]]:
    """What the invoice asks for by each payment method. `sensitive`: derivation schemes by wallet id, if to be told."""
    facts = invoice_facts(row)
    payments = [payment_facts(payment) for payment in row.payments]
    active = [
        _active(row, prompt, prompt_totals(facts, payments, prompt.payment_method), payments, only_accounted, sensitive)
        for prompt in row.prompts
    ]
    return active + [_waiting(method) for method in _offered(row) if method not in _prompted(row)]


def _checkout(row: models.Invoice) -> dict[str, Any]:
    asked = row.checkout or {}
    methods = [*_prompted(row), *(method for method in _offered(row) if method not in _prompted(row))]
    return {
        "speedPolicy": row.speed_policy,
        "paymentMethods": methods,
        "defaultPaymentMethod": _default(row, asked, methods),
        "lazyPaymentMethods": bool(asked.get("lazyPaymentMethods")),
        "expirationMinutes": _number((row.expires_at - row.created_at).total_seconds() / 60),
        "monitoringMinutes": _number((row.monitoring_ends_at - row.expires_at).total_seconds() / 60),
        "paymentTolerance": row.tolerance_percent,
        "redirectURL": asked.get("redirectURL") or row.redirect_url,
        "redirectAutomatically": row.redirect_automatically,
        "defaultLanguage": asked.get("defaultLanguage"),
    }


def _default(row: models.Invoice, asked: dict[str, Any], methods: list[str]) -> str | None:
    wanted = asked.get("defaultPaymentMethod") or row.details.get("defaultPaymentMethod")
    return wanted if wanted in methods else ONCHAIN if ONCHAIN in methods else None


def _prompted(row: models.Invoice) -> list[str]:
    return [prompt.payment_method for prompt in row.prompts]


def _offered(row: models.Invoice) -> list[str]:
    """What the invoice was made for, be it active or not."""
    return list((row.checkout or {}).get("paymentMethods", []))


def _active(
    row: models.Invoice,
    prompt: models.Prompt,
    sums: PromptTotals,
    payments: list[Payment],
    only_accounted: bool,
    sensitive: dict[int, str] | None,
) -> dict[str, Any]:
    mine = [payment for payment in payments if payment.payment_method == prompt.payment_method]
    asked = "" if row.price is None or sums.due_sats == 0 else f"?amount={coins_text(sums.due_sats)}"
    rate = str(prompt.fee_rate_sat_per_vbyte)
    additional: dict[str, Any] = {
        "keyPath": None if prompt.address_index is None else f"0/{prompt.address_index}",
        "payjoinEnabled": False,
        "recommendedFeeRate": rate,
        "paymentMethodFeeRate": rate if prompt.fee_sats else "0",
    }
    if sensitive is not None:
        additional["accountDerivation"] = sensitive.get(prompt.wallet_id or 0)
    return {
        "paymentMethodId": prompt.payment_method,
        "currency": prompt.payment_method.partition("-")[0],
        "destination": prompt.destination,
        "paymentLink": f"bitcoin:{prompt.destination}{asked}",
        "rate": f"{prompt.rate:f}",
        "paymentMethodPaid": coins_text(sum(payment.value_sats for payment in mine if payment.accounted)),
        "totalPaid": coins_text(sums.paid_sats),
        "due": coins_text(sums.due_uncapped_sats),
        "amount": coins_text(sums.total_due_sats),
        "paymentMethodFee": coins_text(sums.fee_sats),
        "activated": True,
        "additionalData": additional,
        "payments": [
            _payment(payment, prompt.destination) for payment in mine if payment.accounted or not only_accounted
        ],
    }


def _waiting(payment_method: str) -> dict[str, Any]:
    """A method that has no address and no rate yet."""
    return {
        "paymentMethodId": payment_method,
        "currency": payment_method.partition("-")[0],
        "destination": None,
        "paymentLink": None,
        "rate": "0",
        **dict.fromkeys(("paymentMethodPaid", "totalPaid", "due", "amount", "paymentMethodFee"), NO_COINS),
        "activated": False,
        "additionalData": {},
        "payments": [],
    }


def _payment(payment: Payment, destination: str) -> dict[str, Any]:
    settled = payment.status is PaymentStatus.SETTLED
    return {
        "id": str(payment.outpoint),
        "receivedDate": int(payment.paid_at.timestamp()),
        "value": coins_text(payment.value_sats),
        "fee": coins_text(payment.fee_sats),
        "status": "Invalid" if not payment.accounted else "Settled" if settled else "Processing",
        "destination": destination,
    }


def _money(amount: Fraction, currency: str) -> str:
    """In the currency's digits, "0" for nothing; what those would hide is shown by further ones."""
    if not amount:
        return "0"
    places = digits(currency) or 0
    while places < 30 and not round(amount, places):
        places += 1
    return f"{Decimal(round(amount * 10**places)).scaleb(-places):f}"


def _number(value: float) -> int | Decimal:
    """A number of minutes as JSON shows it: 15, or 0.5."""
    return int(value) if value == int(value) else Decimal(str(round(value, 4)))
