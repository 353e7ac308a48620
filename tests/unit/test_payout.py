"""Which output pays which payout, and the state that follows from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.chain import Outpoint
from app.domain.payout import (
    PaidOutput,
    Payout,
    PayoutState,
    approved,
    cancelled,
    first_seen,
    marked,
    may_pay,
    paying,
    standing,
)
from app.errors import NotAllowed

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SATS = 40_000
FAST = settings(max_examples=300, deadline=None)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def a_payout(number: int = 1, minute: float = 0, sats: int = SATS, height: int | None = None, **more: Any) -> Payout:
    """An approved one."""
    return Payout(f"payout-{number}", PayoutState.AWAITING_PAYMENT, 0, sats, at(minute), height, **more)


def an_output(number: int = 1, minute: float = 1, sats: int = SATS, **more: Any) -> PaidOutput:
    return PaidOutput(Outpoint(f"{number:064x}", 0), sats, at(minute), **more)


def pairs(payouts: list[Payout], outputs: list[PaidOutput], before: Any = None) -> dict[str, int]:
    """Which output, by number, pays which payout."""
    return {name: int(outpoint.txid, 16) for name, outpoint in paying(payouts, outputs, before or {}).items()}


# what a person does


def test_approval_fixes_the_amount_and_happens_once() -> None:
    waiting = Payout("p", PayoutState.AWAITING_APPROVAL)
    done = approved(waiting, SATS, NOON, 100)
    assert (done.state, done.value_sats, done.approved_at) == (PayoutState.AWAITING_PAYMENT, SATS, NOON)
    with pytest.raises(NotAllowed, match="AwaitingPayment"):
        approved(done, SATS, NOON, 100)


@pytest.mark.parametrize("state", [PayoutState.IN_PROGRESS, PayoutState.COMPLETED])
def test_what_was_paid_cannot_be_cancelled(state: PayoutState) -> None:
    with pytest.raises(NotAllowed, match="cannot be cancelled"):
        cancelled(replace(a_payout(), state=state))


def test_cancelling_twice_is_the_same_as_once() -> None:
    assert cancelled(cancelled(a_payout())) == cancelled(a_payout())


def test_nobody_marks_what_was_not_approved() -> None:
    for state in (PayoutState.AWAITING_APPROVAL, PayoutState.CANCELLED):
        with pytest.raises(NotAllowed):
            marked(replace(a_payout(), state=state), PayoutState.COMPLETED)
    with pytest.raises(NotAllowed):
        marked(a_payout(), PayoutState.AWAITING_APPROVAL)


def test_a_mark_holds_without_the_chain_and_is_taken_back() -> None:
    payout = marked(a_payout(), PayoutState.COMPLETED)
    assert standing(payout, None) is PayoutState.COMPLETED
    assert standing(marked(payout, PayoutState.IN_PROGRESS), None) is PayoutState.IN_PROGRESS
    assert standing(marked(payout, PayoutState.AWAITING_PAYMENT), None) is PayoutState.AWAITING_PAYMENT


# what the chain says


def test_an_output_in_the_mempool_is_progress_and_one_in_a_block_completes() -> None:
    assert standing(a_payout(), None) is PayoutState.AWAITING_PAYMENT
    assert standing(a_payout(), an_output()) is PayoutState.IN_PROGRESS
    assert standing(a_payout(), an_output(height=101)) is PayoutState.COMPLETED


@pytest.mark.parametrize("sats", [SATS - 1, SATS + 1])
def test_another_amount_pays_nothing(sats: int) -> None:
    assert pairs([a_payout()], [an_output(sats=sats)]) == {}


def test_what_was_seen_before_the_approval_pays_nothing() -> None:
    assert pairs([a_payout(minute=2)], [an_output(minute=1, height=101)]) == {}
    assert pairs([a_payout(minute=2)], [an_output(minute=2, height=101)]) == {"payout-1": 1}


def test_a_block_above_the_one_we_stood_on_at_the_approval_counts_whatever_its_clock_says() -> None:
    behind = an_output(minute=-5, first_height=101, height=101)
    assert may_pay(behind, a_payout(height=100))
    assert not may_pay(behind, a_payout(height=101))
    assert not may_pay(behind, a_payout(height=None)), "nobody followed the chain: its clock is all there is"


def test_what_is_gone_pays_nothing() -> None:
    assert pairs([a_payout()], [an_output(is_gone=True)]) == {}


def test_two_payouts_to_one_address_need_two_outputs() -> None:
    both = [a_payout(1, minute=0), a_payout(2, minute=0.5)]
    assert pairs(both, [an_output(7)]) == {"payout-1": 7}
    assert pairs(both, [an_output(7), an_output(8, minute=3)]) == {"payout-1": 7, "payout-2": 8}


def test_an_output_between_two_approvals_pays_the_first() -> None:
    both = [a_payout(1, minute=0), a_payout(2, minute=5)]
    assert pairs(both, [an_output(7, minute=6), an_output(8, minute=3)]) == {"payout-1": 8, "payout-2": 7}


def test_what_pays_goes_on_paying() -> None:
    outputs = [an_output(7, minute=1), an_output(8, minute=2)]
    assert pairs([a_payout()], outputs, {"payout-1": outputs[1].outpoint}) == {"payout-1": 8}


def test_who_paid_twice_by_mistake_has_paid_when_one_of_the_two_is_in_a_block() -> None:
    assert pairs([a_payout()], [an_output(7, minute=1), an_output(8, minute=2, height=101)]) == {"payout-1": 8}


def test_a_payout_that_a_person_called_done_keeps_its_output_from_another_one() -> None:
    told = marked(a_payout(1), PayoutState.COMPLETED)
    assert pairs([told, a_payout(2, minute=0.5)], [an_output(7)]) == {"payout-1": 7}


def test_what_we_recorded_at_once_was_seen_then_whatever_the_nodes_clock_says() -> None:
    assert first_seen(at(1), at(1) - timedelta(seconds=4), in_block=False) == at(1)
    assert first_seen(at(60), at(1), in_block=False) == at(1) + timedelta(microseconds=999_999)
    assert first_seen(at(60), at(1), in_block=True) == at(1) + timedelta(microseconds=999_999)
    assert first_seen(at(1), at(60), in_block=True) == at(1), "miners' clocks may be ahead"


moments = st.integers(0, 5)
some_payouts = st.lists(
    st.tuples(moments, st.sampled_from([SATS, SATS, SATS + 1]), st.sampled_from(list(PayoutState))), max_size=4
).map(
    lambda drawn: [
        replace(a_payout(number, minute, sats), state=state) for number, (minute, sats, state) in enumerate(drawn)
    ]
)
some_outputs = st.lists(
    st.tuples(moments, st.sampled_from([SATS, SATS, SATS + 1]), st.sampled_from([None, 101]), st.booleans()), max_size=5
).map(
    lambda drawn: [
        an_output(number + 1, minute, sats, height=height, is_gone=gone and height is None)
        for number, (minute, sats, height, gone) in enumerate(drawn)
    ]
)


@FAST
@given(some_payouts, some_outputs, st.randoms(use_true_random=False))
def test_an_output_pays_one_payout_and_a_payout_has_one_output(
    payouts: list[Payout], outputs: list[PaidOutput], chance: Any
) -> None:
    found = paying(payouts, outputs, {})
    by_outpoint = {output.outpoint: output for output in outputs}
    assert len(set(found.values())) == len(found)
    for payout in payouts:
        if payout.id in found:
            output = by_outpoint[found[payout.id]]
            assert may_pay(output, payout)
            assert not output.is_gone
    completed = [p for p in payouts if p.id in found and by_outpoint[found[p.id]].height is not None]
    assert len(completed) <= sum(output.height is not None for output in outputs)
    assert paying(payouts, outputs, found) == found, "twice is the same as once"
    chance.shuffle(payouts)
    chance.shuffle(outputs)
    assert paying(payouts, outputs, {}) == found, "the order does not matter"


@FAST
@given(some_payouts, some_outputs)
def test_no_output_lies_idle_while_a_payout_that_it_may_pay_waits(
    payouts: list[Payout], outputs: list[PaidOutput]
) -> None:
    found = paying(payouts, outputs, {})
    idle = [output for output in outputs if not output.is_gone and output.outpoint not in found.values()]
    waiting = [payout for payout in payouts if payout.id not in found]
    assert not any(may_pay(output, payout) for output in idle for payout in waiting)
