"""Payouts: what is owed to somebody, and which output on the chain paid it (greenfield-api 10).

Sattle holds no keys. It fixes address and amount at approval and then watches the chain: a payout is completed by an
output to exactly its scriptPubKey with exactly its amount, first seen after the approval, that pays no other payout,
in a block. All of it follows from the facts each time: a reorg takes it back.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.chain import Outpoint
from app.errors import NotAllowed

CLOCKS_DIFFER = timedelta(seconds=6)  # at most, the node's and ours; more is a state of its own
END_OF_SECOND = timedelta(microseconds=999_999)  # the node's times are whole seconds: it may have been as late as this
DUST_SATS = 546  # the largest limit that nodes have for an output of any standard script


class PayoutState(StrEnum):
    AWAITING_APPROVAL = "AwaitingApproval"
    AWAITING_PAYMENT = "AwaitingPayment"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


OPEN = (PayoutState.AWAITING_APPROVAL, PayoutState.AWAITING_PAYMENT)  # nothing has been paid: it can be cancelled
APPROVED = (PayoutState.AWAITING_PAYMENT, PayoutState.IN_PROGRESS, PayoutState.COMPLETED)


@dataclass(frozen=True)
class Payout:
    """One payout. `value_sats` is fixed at approval; `approved_height` is the height that we stood on then, None when
    nobody was following the chain. `marked` is the state that a person has set, until the chain says more."""

    id: str
    state: PayoutState
    revision: int = 0
    value_sats: int | None = None
    approved_at: datetime | None = None
    approved_height: int | None = None
    marked: PayoutState | None = None


@dataclass(frozen=True)
class PaidOutput:
    """An output to the scriptPubKey of a payout. `first_height` is that of its block when it was in one the first time
    that we saw it; `height` is that of its block now. `is_gone`: it can no longer confirm."""

    outpoint: Outpoint
    value_sats: int
    first_seen_at: datetime
    first_height: int | None = None
    height: int | None = None
    is_gone: bool = False

    def sort_key(self) -> tuple[datetime, str, int]:
        return (self.first_seen_at, self.outpoint.txid, self.outpoint.vout)


# what a person does


def approved(payout: Payout, value_sats: int, at: datetime, height: int | None) -> Payout:
    """The payout with its amount fixed. NotAllowed unless it waits for approval."""
    if payout.state is not PayoutState.AWAITING_APPROVAL:
        raise NotAllowed(f"this payout is {payout.state}; only one that is AwaitingApproval can be approved")
    return replace(
        payout, state=PayoutState.AWAITING_PAYMENT, value_sats=value_sats, approved_at=at, approved_height=height
    )


def cancelled(payout: Payout) -> Payout:
    """The payout, not to be paid any more. NotAllowed once it was paid; twice is the same as once."""
    if payout.state not in (*OPEN, PayoutState.CANCELLED):
        raise NotAllowed(f"this payout is {payout.state}; what was paid cannot be cancelled")
    return replace(payout, state=PayoutState.CANCELLED)


def marked(payout: Payout, state: PayoutState) -> Payout:
    """The payout as a person says that it stands; AwaitingPayment takes an earlier word back. NotAllowed.

    `state` is AwaitingPayment, InProgress or Completed. What the chain says is added by `standing`.
    """
    if payout.state not in APPROVED or state not in APPROVED:
        raise NotAllowed(f"this payout is {payout.state}; it cannot be marked {state}")
    return replace(payout, marked=None if state is PayoutState.AWAITING_PAYMENT else state)


# what the chain says


def first_seen(recorded_at: datetime, node_time: datetime, *, in_block: bool) -> datetime:
    """When an output was first seen by the node or by us, as far as anybody can know.

    `node_time` is when it entered the mempool, or its block's time. What we recorded at once was seen when we recorded
    it, whatever the node's clock says; that matters to an approval a moment before.
    """
    if not in_block and recorded_at - node_time <= CLOCKS_DIFFER:
        return recorded_at
    return min(recorded_at, node_time + END_OF_SECOND)


def may_pay(output: PaidOutput, payout: Payout) -> bool:
    """Would the output complete the payout? Its scriptPubKey is the same; everything else is asked here."""
    if payout.state not in APPROVED or payout.approved_at is None or output.value_sats != payout.value_sats:
        return False
    if output.first_seen_at >= payout.approved_at:
        return True  # else a block's time may be behind: its height tells when we followed the chain
    return (
        output.first_height is not None
        and payout.approved_height is not None
        and output.first_height > payout.approved_height
    )


def paying(
    payouts: Collection[Payout], outputs: Collection[PaidOutput], before: Mapping[str, Outpoint]
) -> dict[str, Outpoint]:
    """Which output pays which payout, by its id; all of them have one scriptPubKey.

    What paid `before` goes on paying while it can. Then each output, in the order in which they were seen, pays the
    payout that was approved first of those that it may pay. No output pays two payouts, no payout has two outputs.
    """
    living = {output.outpoint: output for output in outputs if not output.is_gone}
    asked = sorted(payouts, key=lambda payout: (payout.approved_at is None, payout.approved_at, payout.id))
    found: dict[str, Outpoint] = {}
    for payout in asked:
        output = living.get(before[payout.id]) if payout.id in before else None
        if output is not None and output.outpoint not in found.values() and may_pay(output, payout):
            found[payout.id] = output.outpoint
    free = sorted((o for o in living.values() if o.outpoint not in found.values()), key=PaidOutput.sort_key)
    for output in free:
        payout_id = next((p.id for p in asked if p.id not in found and may_pay(output, p)), None)
        if payout_id is not None:
            found[payout_id] = output.outpoint
    return _confirmed_first(asked, living, found)


def _confirmed_first(
    asked: Iterable[Payout], living: Mapping[Outpoint, PaidOutput], found: dict[str, Outpoint]
) -> dict[str, Outpoint]:
    """Who pays twice by mistake has paid: a block's output takes the place of one that still waits for a block."""
    for payout in asked:
        if payout.id not in found or living[found[payout.id]].height is not None:
            continue
        mined = (o for o in living.values() if o.height is not None and o.outpoint not in found.values())
        better = min((o for o in mined if may_pay(o, payout)), key=PaidOutput.sort_key, default=None)
        if better is not None:
            found[payout.id] = better.outpoint
    return found


def standing(payout: Payout, output: PaidOutput | None) -> PayoutState:
    """The state that follows from the output that pays it, and from what a person has said."""
    if payout.state not in APPROVED:
        return payout.state
    if payout.marked is PayoutState.COMPLETED or (output is not None and output.height is not None):
        return PayoutState.COMPLETED
    if payout.marked is PayoutState.IN_PROGRESS or output is not None:
        return PayoutState.IN_PROGRESS
    return PayoutState.AWAITING_PAYMENT
