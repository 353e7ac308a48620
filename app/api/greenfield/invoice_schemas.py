"""What clients send about invoices, and how invoices look to them (greenfield 2)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validates_schema

from app.api.greenfield.fields import (
    Choice,
    FreeObject,
    Number,
    PaymentMethod,
    Request,
    Text,
    UnixTime,
    Whole,
    YesNo,
)
from app.api.limits import MOST_INDEXED_BYTES
from app.domain.addresses import has_placeholder_in_host
from app.domain.invoice import AdditionalStatus, SpeedPolicy, Status
from app.domain.languages import language_code
from app.domain.metadata import details_of, order_id_of
from app.domain.money import MAX_PRICE
from app.usecases.create_invoice import NewInvoice

SHORTEST_MINUTES = Decimal("0.5")
LONGEST_MINUTES = Decimal(366 * 24 * 60)
MOST_TAKEN = 1000
STATUS_WORDS = {
    "new": Status.NEW,
    "paid": Status.PROCESSING,
    "processing": Status.PROCESSING,
    "complete": Status.SETTLED,
    "confirmed": Status.SETTLED,
    "settled": Status.SETTLED,
    "expired": Status.EXPIRED,
    "invalid": Status.INVALID,
}


class CheckoutRequest(Request):
    """`checkout` of a new invoice; what is missing is the store's to decide."""

    speed_policy = Choice(*SpeedPolicy, data_key="speedPolicy", load_default=None)
    payment_methods = fields.List(PaymentMethod(), data_key="paymentMethods", load_default=None)
    default_payment_method = PaymentMethod(data_key="defaultPaymentMethod", load_default=None)
    lazy = YesNo(data_key="lazyPaymentMethods", load_default=None)
    expiration_minutes = Number(data_key="expirationMinutes", load_default=None)
    monitoring_minutes = Number(data_key="monitoringMinutes", load_default=None)
    tolerance = Number(data_key="paymentTolerance", load_default=None)
    redirect_url = Text(data_key="redirectURL", load_default=None, most_bytes=MOST_INDEXED_BYTES)
    redirect_automatically = YesNo(data_key="redirectAutomatically", load_default=None)
    language = Text(data_key="defaultLanguage", load_default=None)

    @validates_schema
    def figures_are_in_range(self, data: dict[str, Any], **_: Any) -> None:
        """Times in minutes, the tolerance in percent."""
        wrong = {}
        if _outside(data.get("expiration_minutes"), SHORTEST_MINUTES, LONGEST_MINUTES):
            wrong["expirationMinutes"] = [f"use {SHORTEST_MINUTES} to {LONGEST_MINUTES}"]
        if _outside(data.get("monitoring_minutes"), Decimal(0), LONGEST_MINUTES):
            wrong["monitoringMinutes"] = [f"use 0 to {LONGEST_MINUTES}"]
        if _outside(data.get("tolerance"), Decimal(0), Decimal(100)):
            wrong["paymentTolerance"] = ["use 0 to 100"]
        if data.get("language") and language_code(data["language"]) is None:
            wrong["defaultLanguage"] = ["use a code that /misc/lang lists"]
        if wrong:
            raise ValidationError(wrong)


class ReceiptRequest(Request):
    """What the receipt shall show; what is missing is the store's to decide."""

    enabled = YesNo(load_default=None)
    show_qr = YesNo(data_key="showQR", load_default=None)
    show_payments = YesNo(data_key="showPayments", load_default=None)


class InvoiceRequest(Request):
    """POST /stores/{storeId}/invoices."""

    paths: ClassVar = {"checkout.expirationMinutes": "Checkout.Expiration"}

    amount = Number(load_default=None)
    currency = Text(load_default=None, most_bytes=100)
    metadata = FreeObject(load_default=None)
    checkout = fields.Nested(CheckoutRequest, load_default=dict)
    receipt = fields.Nested(ReceiptRequest, load_default=dict)
    search_terms = fields.List(Text(), data_key="additionalSearchTerms", load_default=list)

    @validates_schema
    def amount_is_in_range(self, data: dict[str, Any], **_: Any) -> None:
        """What a price can be."""
        if _outside(data.get("amount"), Decimal(0), MAX_PRICE):
            raise ValidationError({"amount": [f"use 0 to {MAX_PRICE}, or none for a top-up"]})


class MetadataRequest(Request):
    """PUT /invoices/{invoiceId}."""

    metadata = FreeObject(load_default=None)


class MarkRequest(Request):
    """POST /invoices/{invoiceId}/status."""

    status = Choice(Status.SETTLED, Status.INVALID, required=True)


class OneInvoiceQuery(Request):
    """GET /invoices/{invoiceId}."""

    include_payment_methods = YesNo(data_key="includePaymentMethods", load_default=False)


class InvoicesQuery(OneInvoiceQuery):
    """GET /stores/{storeId}/invoices. Words that are no status are passed over."""

    order_ids = fields.List(Text(), data_key="orderId", load_default=list)
    statuses = fields.List(Text(), data_key="status", load_default=list)
    text = Text(data_key="textSearch", load_default=None)
    start = UnixTime(data_key="startDate", load_default=None)
    end = UnixTime(data_key="endDate", load_default=None)
    include_archived = YesNo(data_key="includeArchived", load_default=False)
    skip = Whole(load_default=0)
    take = Whole(load_default=100)

    @validates_schema
    def start_is_not_after_end(self, data: dict[str, Any], **_: Any) -> None:
        """A span of time has its ends in order."""
        if data.get("start") and data.get("end") and data["start"] > data["end"]:
            told = ["the start must not be after the end"]
            raise ValidationError({"startDate": told, "endDate": told})


class PaymentMethodsQuery(Request):
    """GET /invoices/{invoiceId}/payment-methods."""

    only_accounted = YesNo(data_key="onlyAccountedPayments", load_default=True)
    include_sensitive = YesNo(data_key="includeSensitive", load_default=False)


class CheckoutAnswer(Schema):
    """What the buyer meets, as it was resolved."""

    speed_policy = Choice(*SpeedPolicy, data_key="speedPolicy", required=True)
    payment_methods = fields.List(PaymentMethod(), data_key="paymentMethods", required=True)
    default_payment_method = PaymentMethod(data_key="defaultPaymentMethod", allow_none=True)
    lazy = fields.Boolean(data_key="lazyPaymentMethods", required=True)
    expiration_minutes = Number(as_number=True, data_key="expirationMinutes", required=True)
    monitoring_minutes = Number(as_number=True, data_key="monitoringMinutes", required=True)
    tolerance = Number(as_number=True, data_key="paymentTolerance", required=True)
    redirect_url = fields.String(data_key="redirectURL", allow_none=True)
    redirect_automatically = fields.Boolean(data_key="redirectAutomatically", required=True)
    language = fields.String(data_key="defaultLanguage", allow_none=True)


class ReceiptAnswer(Schema):
    """What the receipt shows."""

    enabled = fields.Boolean(required=True)
    show_qr = fields.Boolean(data_key="showQR", required=True)
    show_payments = fields.Boolean(data_key="showPayments", required=True)


class PaymentAnswer(Schema):
    """One output that paid the invoice; `id` is txid-vout."""

    id = fields.String(required=True)
    received = UnixTime(data_key="receivedDate", required=True)
    value = Number(required=True)
    fee = Number(required=True)
    status = Choice("Invalid", "Processing", "Settled", required=True)
    destination = fields.String(required=True)


class PaymentMethodAnswer(Schema):
    """What the invoice asks for by one payment method. Amounts are in coins; `due` below zero is an overpayment."""

    id = PaymentMethod(data_key="paymentMethodId", required=True)
    currency = fields.String(required=True)
    destination = fields.String(allow_none=True)
    payment_link = fields.String(data_key="paymentLink", allow_none=True)
    rate = Number(required=True)
    method_paid = Number(data_key="paymentMethodPaid", required=True)
    total_paid = Number(data_key="totalPaid", required=True)
    due = Number(required=True)
    amount = Number(required=True)
    fee = Number(data_key="paymentMethodFee", required=True)
    activated = fields.Boolean(required=True)
    additional = FreeObject(data_key="additionalData", required=True)
    payments = fields.List(fields.Nested(PaymentAnswer), required=True)


class InvoiceAnswer(Schema):
    """An invoice."""

    id = fields.String(required=True)
    store_id = fields.String(data_key="storeId", required=True)
    amount = Number(required=True)
    paid_amount = Number(data_key="paidAmount", required=True)
    currency = fields.String(required=True)
    type = Choice("Standard", "TopUp", required=True)
    checkout_link = fields.String(data_key="checkoutLink", required=True)
    created = UnixTime(data_key="createdTime", required=True)
    expiration = UnixTime(data_key="expirationTime", required=True)
    monitoring_expiration = UnixTime(data_key="monitoringExpiration", required=True)
    status = Choice(*Status, required=True)
    additional_status = Choice(*AdditionalStatus, data_key="additionalStatus", required=True)
    markable = fields.List(Choice(*Status), data_key="availableStatusesForManualMarking", required=True)
    archived = fields.Boolean(required=True)
    metadata = FreeObject(required=True)
    checkout = fields.Nested(CheckoutAnswer, required=True)
    receipt = fields.Nested(ReceiptAnswer, required=True)
    payment_methods = fields.List(fields.Nested(PaymentMethodAnswer), data_key="paymentMethods", required=True)


def new_invoice(asked: Any, store_id: str, now: datetime) -> NewInvoice:
    """The invoice that a client asks for, from an InvoiceRequest."""
    checkout, metadata = asked["checkout"] or CheckoutRequest().load({}), asked["metadata"] or {}
    redirect = (checkout["redirect_url"] or "").strip() or None
    kept = {
        "defaultPaymentMethod": checkout["default_payment_method"],
        "lazyPaymentMethods": checkout["lazy"],
        "redirectURL": redirect,
        "defaultLanguage": language_code(checkout["language"]) if checkout["language"] else None,
    }
    monitoring, expiration = checkout["monitoring_minutes"], checkout["expiration_minutes"]
    return NewInvoice(
        store_id=store_id,
        price=asked["amount"],
        currency=(asked["currency"] or "").strip() or None,
        order_id=order_id_of(metadata),
        details=details_of(metadata),
        payment_methods=tuple(checkout["payment_methods"] or ()) or None,
        speed_policy=SpeedPolicy(checkout["speed_policy"]) if checkout["speed_policy"] else None,
        expires_at=None if expiration is None else now + _minutes(expiration),
        redirect_url=redirect if redirect and _is_usable(redirect) else None,
        redirect_automatically=checkout["redirect_automatically"],
        tolerance_percent=checkout["tolerance"],
        monitoring=None if monitoring is None else _minutes(monitoring),
        lazy=bool(checkout["lazy"]),
        metadata=metadata,
        checkout={name: value for name, value in kept.items() if value is not None},
        receipt=_receipt(asked["receipt"]),
        search_terms=tuple(asked["search_terms"]),
    )


def statuses_of(words: list[str]) -> tuple[str, ...]:
    """The statuses that these words mean, each once."""
    parts = (part.strip().lower() for word in words for part in word.split(","))
    return tuple(dict.fromkeys(STATUS_WORDS[part].value for part in parts if part in STATUS_WORDS))


def _receipt(asked: Any) -> dict[str, Any]:
    named = {
        "enabled": asked.get("enabled"),
        "showQR": asked.get("show_qr"),
        "showPayments": asked.get("show_payments"),
    }
    return {name: value for name, value in named.items() if value is not None}


def _minutes(minutes: Decimal) -> timedelta:
    return timedelta(seconds=int(minutes * 60))


def _outside(value: Decimal | None, least: Decimal, most: Decimal) -> bool:
    return value is not None and not least <= value <= most


def _is_usable(url: str) -> bool:
    """Only absolute web addresses are, and no placeholder decides where a buyer goes."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    absolute = parts.scheme in ("http", "https") and bool(parts.netloc)
    return absolute and url.isprintable() and not has_placeholder_in_host(url)
