"""Pull payments: an amount that may be claimed, in parts or at once (greenfield-api 10). Each claim is a payout."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.payout import PayoutState


class Refusal(StrEnum):
    """Why a claim or an approval is turned down: the dialect's codes."""

    DUPLICATE_DESTINATION = "duplicate-destination"
    EXPIRED = "expired"
    NOT_STARTED = "not-started"
    ARCHIVED = "archived"
    OVERDRAFT = "overdraft"
    AMOUNT_TOO_LOW = "amount-too-low"
    NOT_SUPPORTED = "payment-method-not-supported"
    INVALID_STATE = "invalid-state"
    OLD_REVISION = "old-revision"
    RATE_UNAVAILABLE = "rate-unavailable"


@dataclass(frozen=True)
class PullPayment:
    """What may be claimed, and when. `amount` is in `currency`; no `expires_at` means for good."""

    amount: Decimal
    currency: str
    starts_at: datetime
    expires_at: datetime | None = None
    is_archived: bool = False

    def closed(self, now: datetime) -> Refusal | None:
        """Why nothing can be claimed now, if so."""
        if self.is_archived:
            return Refusal.ARCHIVED
        if now < self.starts_at:
            return Refusal.NOT_STARTED
        if self.expires_at is not None and now >= self.expires_at:
            return Refusal.EXPIRED
        return None


@dataclass(frozen=True)
class Claimed:
    """An earlier claim: its scriptPubKey, its amount in the pull payment's currency, and how it stands."""

    script_pubkey: bytes
    amount: Decimal
    state: PayoutState


def remaining(pull_payment: PullPayment, claims: Iterable[Claimed]) -> Decimal:
    """What may still be claimed. Cancelled claims do not count."""
    taken = sum((claim.amount for claim in claims if claim.state is not PayoutState.CANCELLED), Decimal(0))
    return pull_payment.amount - taken


def refusal(
    pull_payment: PullPayment, claims: Iterable[Claimed], script_pubkey: bytes, amount: Decimal, now: datetime
) -> Refusal | None:
    """Why a claim of `amount` to `script_pubkey` is turned down; None when it is good.

    An address that a claim still waits to be paid at is not taken twice: who sends a form twice claims once.
    """
    listed = list(claims)
    closed = pull_payment.closed(now)
    if closed is not None:
        return closed
    if amount <= 0:
        return Refusal.AMOUNT_TOO_LOW
    done = (PayoutState.CANCELLED, PayoutState.COMPLETED)
    if any(claim.script_pubkey == script_pubkey and claim.state not in done for claim in listed):
        return Refusal.DUPLICATE_DESTINATION
    return Refusal.OVERDRAFT if amount > remaining(pull_payment, listed) else None
