"""A payment: one output paying a destination of ours, keyed by its outpoint, and where it stands on the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.chain import COINBASE_MATURITY, Outpoint, Tip
from app.domain.invoice import NetworkFeeMode, SpeedPolicy

REQUIRED_CONFIRMATIONS = {
    SpeedPolicy.HIGH: 0,
    SpeedPolicy.MEDIUM: 1,
    SpeedPolicy.LOW_MEDIUM: 2,
    SpeedPolicy.LOW: 6,
}


class PaymentStatus(StrEnum):
    """Accounted is Processing or Settled."""

    PROCESSING = "Processing"
    SETTLED = "Settled"
    UNACCOUNTED = "Unaccounted"


@dataclass(frozen=True)
class Payment:
    """The facts about one payment, and the status last derived from them.

    `status` is None and `announced` False until the payment has been assessed. `conflicted_by` names the transaction
    that spends one of our inputs instead; "" means that it is dead for a reason the node did not name. `verified`: the
    node confirmed this very output where it stands now (chain-tracking C6); nothing settles without it.
    """

    outpoint: Outpoint
    payment_method: str
    value_sats: int
    fee_sats: int
    paid_at: datetime
    height: int | None = None
    conflicted_by: str | None = None
    at_risk: bool = False
    signals_rbf: bool = False
    is_coinbase: bool = False
    verified: bool = True
    status: PaymentStatus | None = None
    announced: bool = False

    @property
    def accounted(self) -> bool:
        """Counts towards the invoice: a conflict takes it out, a block puts it back."""
        return self.height is not None or self.conflicted_by is None

    @property
    def net_sats(self) -> int:
        """What the payment brings after its network fee. Never negative: a dust payment cannot un-pay an invoice."""
        return max(self.value_sats - self.fee_sats, 0)

    def sort_key(self) -> tuple[datetime, str, int]:
        """Payments are listed by paid-at, txid, vout."""
        return (self.paid_at, self.outpoint.txid, self.outpoint.vout)


def confirmations(payment: Payment, tip: Tip) -> int:
    """Blocks that bury the payment, its own included; 0 while unconfirmed."""
    if payment.height is None:
        return 0
    return max(tip.height - payment.height + 1, 0)


def required_confirmations(payment: Payment, policy: SpeedPolicy) -> int:
    """How deep the payment must be before it settles."""
    return depth_to_settle(policy, signals_rbf=payment.signals_rbf, is_coinbase=payment.is_coinbase)


def depth_to_settle(policy: SpeedPolicy, *, signals_rbf: bool, is_coinbase: bool) -> int:
    """Confirmations needed (invoice-states 3); a coinbase output cannot be spent before it matures."""
    if is_coinbase:
        return COINBASE_MATURITY
    required = REQUIRED_CONFIRMATIONS[policy]
    return 1 if required == 0 and signals_rbf else required


def payment_status(payment: Payment, policy: SpeedPolicy, tip: Tip) -> PaymentStatus:
    """The status the facts give. A payment that left the mempool never settles at 0 confirmations."""
    if not payment.accounted:
        return PaymentStatus.UNACCOUNTED
    if payment.verified and is_deep_enough(payment, policy, tip):
        return PaymentStatus.SETTLED
    return PaymentStatus.PROCESSING


def is_deep_enough(payment: Payment, policy: SpeedPolicy, tip: Tip) -> bool:
    """May an accounted payment settle, once the node has verified it?"""
    if payment.height is None and payment.at_risk:
        return False
    return confirmations(payment, tip) >= required_confirmations(payment, policy)


def paid_at(
    recorded_at: datetime,
    mempool_time: datetime | None,
    block_time: datetime | None,
    median_time: datetime | None,
    conflicting: Iterable[datetime] = (),
) -> datetime:
    """When the payment was made, as far as anybody can know (design, Paid-at).

    The earliest of the node's mempool time, our record and the paid-at of the same invoice's payments it conflicts
    with; never seen in a mempool, a block's time (not before its median time past) stands in for the node's.
    """
    moments = [recorded_at, *conflicting]
    if mempool_time is not None:
        moments.append(mempool_time)
    elif block_time is not None and median_time is not None:
        moments.append(max(block_time, median_time))
    return min(moments)


def fee_for_new_payment(
    mode: NetworkFeeMode, prompt_fee_sats: int, payments_before: int, inherited: Iterable[int] = ()
) -> int:
    """The network fee (satoshis) that a payment carries when it is recorded (invoice-states 4.5).

    A payment that replaces another of the same invoice inherits its fee, so a fee bump is not charged twice.
    """
    for fee in inherited:
        return fee
    return prompt_fee(mode, prompt_fee_sats, payments_before)


def prompt_fee(mode: NetworkFeeMode, fee_sats: int, payments_before: int) -> int:
    """The network fee (satoshis) asked for the next payment."""
    if mode is NetworkFeeMode.ALWAYS:
        return fee_sats
    if mode is NetworkFeeMode.MULTIPLE_PAYMENTS_ONLY and payments_before:
        return fee_sats
    return 0
