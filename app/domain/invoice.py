"""An invoice: the terms a buyer was given, and the state it is in (invoice-states sections 1, 2 and 7)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

IN_TIME_GRACE = timedelta(seconds=2)  # a payment made within it after expires_at is in time


class Status(StrEnum):
    NEW = "New"
    PROCESSING = "Processing"
    SETTLED = "Settled"
    EXPIRED = "Expired"
    INVALID = "Invalid"


class AdditionalStatus(StrEnum):
    NONE = "None"
    PAID_PARTIAL = "PaidPartial"
    PAID_OVER = "PaidOver"
    PAID_LATE = "PaidLate"
    MARKED = "Marked"


class SpeedPolicy(StrEnum):
    HIGH = "HighSpeed"
    MEDIUM = "MediumSpeed"
    LOW_MEDIUM = "LowMediumSpeed"
    LOW = "LowSpeed"


class NetworkFeeMode(StrEnum):
    ALWAYS = "Always"
    MULTIPLE_PAYMENTS_ONLY = "MultiplePaymentsOnly"
    NEVER = "Never"


@dataclass(frozen=True)
class Prompt:
    """What the invoice asks for by one payment method: `rate` is invoice currency per coin, frozen at creation."""

    payment_method: str
    rate: Decimal
    fee_sats: int = 0  # one payment's network fee: the fee rate at creation times 100 vbytes


@dataclass(frozen=True)
class Invoice:
    """Terms and stored state. `price` is None for a top-up that nobody has paid yet."""

    price: Decimal | None
    is_top_up: bool
    tolerance_percent: Decimal
    speed_policy: SpeedPolicy
    network_fee_mode: NetworkFeeMode
    expires_at: datetime
    monitoring_ends_at: datetime
    prompts: tuple[Prompt, ...]
    status: Status = Status.NEW
    additional_status: AdditionalStatus = AdditionalStatus.NONE

    def in_time(self, paid_at: datetime) -> bool:
        """Was a payment made at `paid_at` made before the window closed?"""
        return paid_at < self.expires_at + IN_TIME_GRACE

    def prompt(self, payment_method: str) -> Prompt:
        return next(prompt for prompt in self.prompts if prompt.payment_method == payment_method)

    def moved(self, status: Status, additional: AdditionalStatus) -> "Invoice":
        return replace(self, status=status, additional_status=additional)


def markable(status: Status, additional: AdditionalStatus) -> tuple[Status, ...]:
    """The statuses a person may set by hand from here (invoice-states 7), in BTCPay's order."""
    if status is Status.SETTLED:
        return (Status.INVALID,) if additional is AdditionalStatus.MARKED else ()
    if status is Status.INVALID:
        return (Status.SETTLED,)
    return (Status.SETTLED, Status.INVALID)
