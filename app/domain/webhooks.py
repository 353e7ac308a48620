"""What webhooks are told: types, what a webhook asks for, the body and its signature (webhooks 1 to 4)."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.domain.events import Event, EventType
from app.domain.exact_json import dumps, loads

SIGNATURE_HEADER = "BTCPay-Sig"
INVALID_WAITS = timedelta(seconds=10)  # a shop marks the invoice that it gives up before it notes the new one's id
STALE_AFTER = timedelta(hours=1)  # of failures; then InvoiceProcessing no longer goes before InvoiceSettled:
OVERTAKEN = "it failed for an hour, and InvoiceSettled waits behind it"  # the plugin would put a paid order on hold
BODIES_KEPT = timedelta(days=60)


class WebhookType(StrEnum):
    """The types of the events that webhooks are told of. Payouts are told where they refund an invoice."""

    CREATED = "InvoiceCreated"
    RECEIVED_PAYMENT = "InvoiceReceivedPayment"
    PAYMENT_SETTLED = "InvoicePaymentSettled"
    PROCESSING = "InvoiceProcessing"
    EXPIRED = "InvoiceExpired"
    EXPIRED_PAID_PARTIAL = "InvoiceExpiredPaidPartial"
    PAID_AFTER_EXPIRATION = "InvoicePaidAfterExpiration"
    SETTLED = "InvoiceSettled"
    INVALID = "InvoiceInvalid"
    REFUND = "InvoiceRefund"
    PAYOUT_CREATED = "PayoutCreated"
    PAYOUT_APPROVED = "PayoutApproved"
    PAYOUT_UPDATED = "PayoutUpdated"


TYPES: Mapping[EventType, WebhookType] = {  # the other events are told to nobody (invoice-states 6)
    EventType.CREATED: WebhookType.CREATED,
    EventType.RECEIVED_PAYMENT: WebhookType.RECEIVED_PAYMENT,
    EventType.PAYMENT_SETTLED: WebhookType.PAYMENT_SETTLED,
    EventType.PAID_IN_FULL: WebhookType.PROCESSING,
    EventType.EXPIRED: WebhookType.EXPIRED,
    EventType.EXPIRED_PAID_PARTIAL: WebhookType.EXPIRED_PAID_PARTIAL,
    EventType.PAID_AFTER_EXPIRATION: WebhookType.PAID_AFTER_EXPIRATION,
    EventType.CONFIRMED: WebhookType.SETTLED,
    EventType.MARKED_COMPLETE: WebhookType.SETTLED,
    EventType.MARKED_INVALID: WebhookType.INVALID,
    EventType.FAILED_TO_CONFIRM: WebhookType.INVALID,
    EventType.REFUND: WebhookType.REFUND,
    EventType.PAYOUT_CREATED: WebhookType.PAYOUT_CREATED,
    EventType.PAYOUT_APPROVED: WebhookType.PAYOUT_APPROVED,
    EventType.PAYOUT_UPDATED: WebhookType.PAYOUT_UPDATED,
}
OF_PAYMENTS = (WebhookType.RECEIVED_PAYMENT, WebhookType.PAYMENT_SETTLED)
OF_PAYOUTS = (WebhookType.PAYOUT_CREATED, WebhookType.PAYOUT_APPROVED, WebhookType.PAYOUT_UPDATED)
OF_TYPE = {  # the events behind a type, by the names they are stored under
    kind: tuple(event.ipn_name for event, mapped in TYPES.items() if mapped is kind) for kind in WebhookType
}


@dataclass(frozen=True)
class Subscription:
    """What a webhook asks for: everything, or the types named. Names that we do not know wait for a later version."""

    everything: bool = True
    types: tuple[str, ...] = ()

    def wants(self, kind: WebhookType) -> bool:
        return self.everything or kind.value in self.types

    def equals(self, other: "Subscription") -> bool:
        """Do both ask for the same, in whatever order?"""
        if self.everything or other.everything:
            return self.everything and other.everything
        return set(self.types) == set(other.types)


@dataclass(frozen=True)
class WebhookTerms:
    """What a webhook shall be. `url` was checked by the target policy; no secret means that we make, or keep, one."""

    url: str
    subscription: Subscription = Subscription()
    enabled: bool = True
    automatic_redelivery: bool = True
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PaidBy:
    """The payment that an event is about, as it stood then. `value` and `fee` are coins as text."""

    id: str
    payment_method: str
    received_at: datetime
    value: str
    fee: str
    status: str
    destination: str


@dataclass(frozen=True)
class Envelope:
    """What is particular to one attempt. `original_id` is the first attempt's id, `at` when the event happened."""

    attempt_id: str
    original_id: str
    webhook_id: str
    at: datetime


def content(
    event: Event, store_id: str, invoice_id: str, metadata: Mapping[str, Any], paid_by: PaidBy | None = None
) -> str:
    """What the body says of the event, as JSON text, kept with the delivery: nothing of it is read again later.

    The flags of a type are always there. KeyError for an event that webhooks are not told of.
    """
    kind = TYPES[event.type]
    said = {"type": kind.value, "storeId": store_id, "invoiceId": invoice_id, "metadata": metadata}
    return dumps(said | _particulars(kind, event, paid_by))


def body(said: str, envelope: Envelope) -> bytes:
    """The body of one attempt, indented as BTCPay's are: what is signed are these very bytes."""
    told = {
        "deliveryId": envelope.attempt_id,
        "webhookId": envelope.webhook_id,
        "originalDeliveryId": envelope.original_id,
        "isRedelivery": envelope.attempt_id != envelope.original_id,
        "timestamp": int(envelope.at.timestamp()),
    }
    return dumps(told | loads(said), indent=2).encode()


def signature(secret: str, sent: bytes) -> str:
    """The value of the signature header: sha256= and the HMAC in lower-case hex, keyed with the secret's UTF-8 text."""
    return "sha256=" + hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()


def _particulars(kind: WebhookType, event: Event, paid_by: PaidBy | None) -> dict[str, Any]:
    if kind in OF_PAYMENTS:
        return {"afterExpiration": event.after_expiration, **_payment(paid_by)}
    if kind is WebhookType.PROCESSING:
        return {"overPaid": event.over_paid}
    if kind is WebhookType.EXPIRED:
        return {"partiallyPaid": event.partially_paid}
    if kind is WebhookType.SETTLED:
        return {"manuallyMarked": event.manually_marked, "overPaid": event.over_paid}
    if kind is WebhookType.INVALID:
        return {"manuallyMarked": event.manually_marked}
    if kind is WebhookType.REFUND:
        return {"pullPaymentId": event.pull_payment_id}
    if kind in OF_PAYOUTS:
        payout_id, state = event.payout or (None, None)
        return {"payoutId": payout_id, "pullPaymentId": event.pull_payment_id, "payoutState": state}
    return {}


def _payment(paid_by: PaidBy | None) -> dict[str, Any]:
    if paid_by is None:
        raise ValueError("an event about a payment names none")
    return {
        "paymentMethodId": paid_by.payment_method,
        "payment": {
            "id": paid_by.id,
            "receivedDate": int(paid_by.received_at.timestamp()),
            "value": paid_by.value,
            "fee": paid_by.fee,
            "status": paid_by.status,
            "destination": paid_by.destination,
        },
    }
