"""What can happen to an invoice, and which IPN each event owes (invoice-states 6, bitpay-api 7)."""

from dataclasses import dataclass
from enum import Enum, StrEnum

from app.domain.chain import Outpoint


class EventType(Enum):
    """BitPay's event name and code; `plain` says when the plain IPN is sent: never, full or always.

    Events without a code are our own: they are part of the invoice's story and are never delivered.
    """

    CREATED = ("invoice_created", 1001, "never")
    RECEIVED_PAYMENT = ("invoice_receivedPayment", 1002, "never")
    PAID_IN_FULL = ("invoice_paidInFull", 1003, "full")
    EXPIRED = ("invoice_expired", 1004, "full")
    CONFIRMED = ("invoice_confirmed", 1005, "always")
    COMPLETED = ("invoice_completed", 1006, "full")
    MARKED_INVALID = ("invoice_markedInvalid", 1008, "full")
    PAID_AFTER_EXPIRATION = ("invoice_paidAfterExpiration", 1009, "never")
    FAILED_TO_CONFIRM = ("invoice_failedToConfirm", 1013, "full")
    PAYMENT_SETTLED = ("invoice_paymentSettled", 1014, "never")
    EXPIRED_PAID_PARTIAL = ("invoice_expiredPaidPartial", 2000, "full")
    MARKED_COMPLETE = ("invoice_markedComplete", 2008, "full")
    REFUND = ("invoice_refund", 2009, "never")
    SETTLED_PAYMENT_LOST = ("invoice_settledPaymentLost", None, "never")
    SETTLED_PAYMENT_RETURNED = ("invoice_settledPaymentReturned", None, "never")
    CLOSED_WITH_ORDER = ("invoice_closedWithOrder", None, "never")
    PAYOUT_CREATED = ("invoice_payoutCreated", None, "never")
    PAYOUT_APPROVED = ("invoice_payoutApproved", None, "never")
    PAYOUT_UPDATED = ("invoice_payoutUpdated", None, "never")

    def __init__(self, ipn_name: str, code: int | None, plain: str) -> None:
        self.ipn_name = ipn_name
        self.code = code
        self.plain = plain

    @classmethod
    def named(cls, ipn_name: str) -> "EventType":
        return next(kind for kind in cls if kind.ipn_name == ipn_name)


class Shape(StrEnum):
    """The shapes in which an event is told."""

    IPN = "ipn"
    IPN_EXTENDED = "ipn_extended"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Event:
    """Something that happened to an invoice. The flags are false where they do not apply."""

    type: EventType
    after_expiration: bool = False
    over_paid: bool = False
    partially_paid: bool = False
    manually_marked: bool = False
    outpoint: Outpoint | None = None
    pull_payment_id: str | None = None
    payout: tuple[str, str] | None = None  # its id, and the state it came to
    by: str | None = None  # who did it by hand, and why
    reason: str | None = None

    def payload(self) -> dict[str, object]:
        """The facts beside the type, as stored with the event."""
        facts: dict[str, object] = {
            "afterExpiration": self.after_expiration,
            "overPaid": self.over_paid,
            "partiallyPaid": self.partially_paid,
            "manuallyMarked": self.manually_marked,
        }
        if self.outpoint is not None:
            facts["payment"] = str(self.outpoint)
        if self.pull_payment_id is not None:
            facts["pullPaymentId"] = self.pull_payment_id
        if self.payout is not None:
            facts["payoutId"], facts["payoutState"] = self.payout
        if self.by is not None:
            facts["by"], facts["reason"] = self.by, self.reason or ""
        return facts


def ipn_shapes(kind: EventType, *, full: bool, extended: bool) -> tuple[Shape, ...]:
    """The IPN deliveries an event owes, plain first. Extended notifications imply full ones."""
    full = full or extended
    plain = kind.plain == "always" or (kind.plain == "full" and full)
    wrapped = extended and kind is not EventType.PAYMENT_SETTLED and kind.code is not None
    return (Shape.IPN,) * plain + (Shape.IPN_EXTENDED,) * wrapped
