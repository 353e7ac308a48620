"""Invoices in BitPay's words: field names and types of bitpay-api sections 5.1 and 7. Times are milliseconds."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from app.clock import to_milliseconds
from app.db import models
from app.db.facts import invoice_facts, payment_facts
from app.domain.accounting import PromptTotals, prompt_totals
from app.domain.money import coins, coins_text
from app.domain.payment import PaymentStatus

ONCHAIN = "BTC-CHAIN"
STATUS_WORDS = {
    "New": "new",
    "Processing": "paid",
    "Settled": "complete",
    "Expired": "expired",
    "Invalid": "invalid",
}
EXCEPTION_WORDS: Mapping[str, str | bool] = {
    "None": False,
    "PaidPartial": "paidPartial",
    "PaidOver": "paidOver",
    "PaidLate": "paidLater",
    "Marked": "marked",
}
BUYER_FIELDS = ("name", "address1", "address2", "locality", "region", "postalCode", "country", "phone", "email")


@dataclass
class View:
    """An invoice row with its totals, reckoned once for all the places that show them."""

    row: models.Invoice
    public_url: str
    now: datetime

    @cached_property
    def totals(self) -> dict[str, PromptTotals]:
        """What each payment method asks for, by method."""
        facts = invoice_facts(self.row)
        payments = [payment_facts(payment) for payment in self.row.payments]
        return {p.payment_method: prompt_totals(facts, payments, p.payment_method) for p in self.row.prompts}

    @property
    def url(self) -> str:
        """Where the customer pays."""
        return f"{self.public_url}/invoice?id={self.row.id}"

    @property
    def onchain(self) -> models.Prompt | None:
        """The on-chain prompt that the top-level btc fields speak of."""
        return next((prompt for prompt in self.row.prompts if prompt.payment_method == ONCHAIN), None)

    def subtotal_sats(self, payment_method: str) -> int:
        """What is asked without the network fee."""
        return self.totals[payment_method].total_due_sats - self.totals[payment_method].fee_sats

    def keyed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by method, under the names that clients look for: BTC stands for BTC-CHAIN."""
        return {method_key(method): value for method, value in values.items()}


def method_key(payment_method: str) -> str:
    """The key of a payment method in BitPay's maps."""
    return "BTC" if payment_method == ONCHAIN else payment_method


def invoice_object(row: models.Invoice, public_url: str, now: datetime) -> dict[str, Any]:
    """The invoice as POST and GET answer it."""
    view = View(row, public_url, now)
    prompts = {prompt.payment_method: prompt for prompt in row.prompts}
    return {
        **shared_fields(view),
        "itemDesc": row.details.get("itemDesc"),
        "itemCode": row.details.get("itemCode"),
        "taxIncluded": Decimal(row.details.get("taxIncluded") or 0),
        "exRates": {row.currency: view.onchain.rate if view.onchain else 0},
        **_onchain_fields(view),
        "cryptoInfo": [_crypto_info(view, prompt) for prompt in row.prompts],
        "minerFees": view.keyed({m: _miner_fee(view, p) for m, p in prompts.items()}),
        "supportedTransactionCurrencies": view.keyed({m: {"enabled": True} for m in prompts}),
        "addresses": view.keyed({m: p.destination for m, p in prompts.items()}),
        "paymentCodes": view.keyed({m: _payment_urls(view, p) for m, p in prompts.items()}),
        "buyer": _buyer(row),
        "guid": secrets.token_hex(16),
        "token": secrets.token_hex(16),
        "flags": {"refundable": False},
        "lowFeeDetected": False,
        "refundAddressRequestPending": False,
        "buyerTotalBtcAmount": None,
        "buyerPaidBtcMinerFee": None,
    }


def shared_fields(view: View) -> dict[str, Any]:
    """The fields that the invoice object and the IPN have in common."""
    row = view.row
    fields = {
        "id": row.id,
        "url": view.url,
        "posData": row.details.get("posData"),
        "status": STATUS_WORDS[row.status],
        "price": row.price if row.price is not None else 0,
        "currency": row.currency,
        "orderId": row.order_id,
        "invoiceTime": to_milliseconds(row.created_at),
        "expirationTime": to_milliseconds(row.expires_at),
        "currentTime": to_milliseconds(view.now),
        "exceptionStatus": EXCEPTION_WORDS[row.additional_status],
        "paymentSubtotals": view.keyed({m: view.subtotal_sats(m) for m in view.totals}),
        "paymentTotals": view.keyed({m: t.total_due_sats for m, t in view.totals.items()}),
        "amountPaid": 0,
        "exchangeRates": view.keyed({p.payment_method: {row.currency: p.rate} for p in row.prompts}),
    }
    prompt = view.onchain
    if prompt is not None:
        sums = view.totals[ONCHAIN]
        fields |= {
            "btcPrice": coins_text(view.subtotal_sats(ONCHAIN)),
            "btcPaid": coins_text(sums.paid_sats),
            "btcDue": coins_text(sums.due_sats),
            "rate": prompt.rate,
        }
    return fields


def _onchain_fields(view: View) -> dict[str, Any]:
    prompt = view.onchain
    if prompt is None:
        return {}
    return {"bitcoinAddress": prompt.destination, "paymentUrls": _payment_urls(view, prompt)}


def _crypto_info(view: View, prompt: models.Prompt) -> dict[str, Any]:
    method, sums = prompt.payment_method, view.totals[prompt.payment_method]
    mine = [p for p in view.row.payments if p.prompt_id == prompt.id and p.status != PaymentStatus.UNACCOUNTED]
    return {
        "cryptoCode": method.partition("-")[0],
        "paymentType": method,
        "rate": prompt.rate,
        "exRates": {view.row.currency: prompt.rate},
        "paid": coins_text(sums.paid_sats),
        "price": coins_text(view.subtotal_sats(method)),
        "due": coins_text(sums.due_sats),
        "totalDue": coins_text(sums.total_due_sats),
        "networkFee": coins_text(sums.fee_sats),
        "cryptoPaid": coins_text(sum(payment.value_sats for payment in mine)),
        "txCount": sums.transactions_required,
        "address": prompt.destination,
        "url": f"{view.public_url}/i/{method}/{view.row.id}",
        "paymentUrls": _payment_urls(view, prompt),
        "payments": [_payment(payment, prompt) for payment in mine],
    }


def _payment(payment: models.Payment, prompt: models.Prompt) -> dict[str, Any]:
    settled = payment.status == PaymentStatus.SETTLED
    return {
        "id": f"{payment.txid}-{payment.vout}",
        "receivedDate": payment.paid_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "value": coins(payment.value_sats),
        "fee": coins(payment.fee_sats),
        "paymentType": prompt.payment_method,
        "confirmed": settled,
        "completed": settled,
        "destination": prompt.destination,
    }


def _payment_urls(view: View, prompt: models.Prompt) -> dict[str, str | None]:
    due = coins_text(view.totals[prompt.payment_method].due_sats)
    asked = "" if view.row.price is None else f"?amount={due}"
    return {"BIP21": f"bitcoin:{prompt.destination}{asked}", "BIP72": None, "BIP72b": None, "BIP73": None}


def _miner_fee(view: View, prompt: models.Prompt) -> dict[str, int]:
    return {
        "satoshisPerByte": prompt.fee_rate_sat_per_vbyte,
        "totalFee": view.totals[prompt.payment_method].fee_sats,
    }


def _buyer(row: models.Invoice) -> dict[str, str | None]:
    stored = row.details.get("buyer") or {}
    return {name: stored.get(name) for name in BUYER_FIELDS}
