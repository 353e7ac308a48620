"""The transition rules R1 to R4, the worked traces A to L, and where Sattle deliberately differs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.assess import assess, mark
from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, SpeedPolicy, Status, markable
from app.domain.payment import PaymentStatus
from app.errors import NotAllowed
from tests.unit.facts import EXPIRES, IN_TIME, LATE, MONITORED, an_invoice, look, pay, state, tip, told

PRICE = 100_000
CLOSED = EXPIRES + timedelta(seconds=2)
IN_FULL = ["receivedPayment", "paidInFull"]
SETTLING = ["paymentSettled", "confirmed", "completed"]


# R1


def test_r1_an_unpaid_invoice_expires_when_its_window_is_seen_closed() -> None:
    assert state(look(an_invoice(), now=CLOSED - timedelta(microseconds=1))) == "New"
    result = look(an_invoice(), now=CLOSED)
    assert (state(result), told(result)) == ("Expired", ["expired"])
    assert not result.events[0].partially_paid


def test_r1_a_partly_paid_invoice_expires_with_both_events() -> None:
    result = look(an_invoice(), [pay(60_000)], CLOSED)
    assert state(result) == "Expired+PaidPartial"
    assert told(result) == ["receivedPayment", "expired", "expiredPaidPartial"]
    assert result.events[1].partially_paid


@pytest.mark.parametrize("seconds", [2, 3600, 86400 * 30])
def test_nothing_expires_before_the_chain_was_seen_past_the_end_of_the_window(seconds: int) -> None:
    seen_until = CLOSED - timedelta(seconds=1)
    result = assess(an_invoice(), [], tip(at=seen_until), EXPIRES + timedelta(seconds=seconds))
    assert (state(result), told(result)) == ("New", [])


def test_nothing_expires_before_the_clock_says_so_either() -> None:
    assert state(assess(an_invoice(), [], tip(at=MONITORED), IN_TIME)) == "New"


def test_money_paid_in_time_keeps_the_window_open_however_late_it_is_looked_at() -> None:
    result = look(an_invoice(), [pay(PRICE, at=CLOSED - timedelta(microseconds=1))], LATE)
    assert (state(result), told(result)) == ("Processing", IN_FULL)


def test_money_paid_a_moment_too_late_expires_the_invoice_first() -> None:
    result = look(an_invoice(), [pay(PRICE, at=CLOSED)], LATE)
    assert state(result) == "Expired+PaidLate"
    assert told(result) == ["expired", "receivedPayment", "paidAfterExpiration"]


def test_late_money_pays_nothing_while_nobody_has_looked_past_the_end_of_the_window() -> None:
    waiting = assess(an_invoice(), [pay(PRICE, at=LATE)], tip(at=IN_TIME), LATE)
    assert (state(waiting), told(waiting)) == ("New", ["receivedPayment"])
    assert waiting.events[0].after_expiration
    looked = look(waiting.invoice, waiting.payments, LATE)
    assert (state(looked), told(looked)) == ("Expired+PaidLate", ["expired", "paidAfterExpiration"])


# R2


def test_r2a_enough_seen_is_processing_and_says_if_it_is_too_much() -> None:
    exact, over = look(an_invoice(), [pay(PRICE)]), look(an_invoice(), [pay(PRICE + 1)])
    assert (state(exact), state(over)) == ("Processing", "Processing+PaidOver")
    assert told(exact) == told(over) == IN_FULL
    assert (exact.events[1].over_paid, over.events[1].over_paid) == (False, True)


def test_r2b_the_first_payment_of_a_top_up_is_its_price() -> None:
    first, second = pay(PRICE), pay(5_000, n=1, at=IN_TIME + timedelta(seconds=1))
    result = look(an_invoice(price=None), [second, first])
    assert result.invoice.price == an_invoice().price
    assert state(result) == "Processing+PaidOver"


def test_a_top_up_that_nobody_paid_expires() -> None:
    assert state(look(an_invoice(price=None))) == "New"
    assert state(look(an_invoice(price=None), now=CLOSED)) == "Expired"


def test_a_top_up_eaten_up_by_its_fee_does_not_settle_on_unconfirmed_money() -> None:
    result = look(an_invoice(price=None), [pay(900, fee=1000)])
    assert state(result) == "New+PaidPartial"


def test_a_top_up_whose_payment_vanished_takes_the_next_price() -> None:
    paid = look(an_invoice(price=None), [pay(PRICE)])
    lost = look(paid.invoice, [replace(paid.payments[0], conflicted_by="f" * 64), pay(7_000, n=1)])
    assert (state(lost), lost.invoice.price) == ("Processing", an_invoice(price="0.00007").price)


def test_a_late_top_up_whose_payment_vanished_has_no_price_again() -> None:
    late = look(an_invoice(price=None), [pay(PRICE, at=LATE)], LATE)
    assert state(late) == "Expired+PaidLate"
    gone = look(late.invoice, [replace(late.payments[0], conflicted_by="")], LATE)
    assert (state(gone), gone.invoice.price) == ("Expired", None)


def test_r2d_less_than_enough_is_a_part_and_no_event_of_its_own() -> None:
    result = look(an_invoice(), [pay(PRICE - 1)])
    assert (state(result), told(result)) == ("New+PaidPartial", ["receivedPayment"])


def test_a_part_that_vanished_is_forgotten() -> None:
    assert state(look(look(an_invoice(), [pay(1_000)]).invoice, [pay(1_000, conflicted_by="")])) == "New"


def test_an_output_of_nothing_is_no_part() -> None:
    assert state(look(an_invoice(), [pay(0)])) == "New"


# R3


def test_r3a_and_r3b_too_much_comes_and_goes_without_events() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    over = look(paid.invoice, [*paid.payments, pay(5_000, n=1)])
    assert (state(over), told(over)) == ("Processing+PaidOver", ["receivedPayment"])
    again = look(over.invoice, [over.payments[0], replace(over.payments[1], conflicted_by="")])
    assert (state(again), told(again)) == ("Processing", [])


@pytest.mark.parametrize(("left", "expected"), [([], "New"), ([pay(9_000, n=1, announced=True)], "New+PaidPartial")])
def test_r3c_money_taken_back_is_new_again_without_an_event(left: list[object], expected: str) -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    result = look(paid.invoice, [replace(paid.payments[0], conflicted_by="f" * 64), *left])
    assert (state(result), told(result)) == (expected, [])


def test_r3c_after_the_window_expires_at_once() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    result = look(paid.invoice, [replace(paid.payments[0], conflicted_by="f" * 64)], LATE)
    assert (state(result), told(result)) == ("Expired", ["expired"])


# R4


def test_r4a_what_does_not_confirm_in_time_is_invalid() -> None:
    paid = look(an_invoice(), [pay(PRICE + 5)])
    assert state(look(paid.invoice, paid.payments, MONITORED)) == "Processing+PaidOver"
    result = look(paid.invoice, paid.payments, MONITORED + timedelta(seconds=1))
    assert (state(result), told(result)) == ("Invalid+PaidOver", ["failedToConfirm"])


def test_r4a_waits_until_the_chain_was_seen_past_the_deadline() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    result = assess(paid.invoice, paid.payments, tip(at=MONITORED), MONITORED + timedelta(days=9))
    assert state(result) == "Processing"


def test_r4a_and_r4b_a_confirmation_seen_together_with_the_deadline_wins() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    result = look(paid.invoice, [replace(paid.payments[0], height=100)], MONITORED + timedelta(days=1))
    assert (state(result), told(result)) == ("Settled", SETTLING)


def test_r4b_only_settled_money_settles() -> None:
    result = look(an_invoice(), [pay(90_000, height=100), pay(20_000, n=1)])
    assert state(result) == "Processing+PaidOver"
    tolerant = look(an_invoice(tolerance="10"), [pay(90_000, height=100), pay(20_000, n=1)])
    assert state(tolerant) == "Settled+PaidOver"


@pytest.mark.parametrize(
    ("policy", "needed"),
    [(SpeedPolicy.HIGH, 0), (SpeedPolicy.MEDIUM, 1), (SpeedPolicy.LOW_MEDIUM, 2), (SpeedPolicy.LOW, 6)],
)
@pytest.mark.parametrize("depth", [0, 1, 2, 5, 6])
def test_the_speed_policy_says_how_deep(policy: SpeedPolicy, needed: int, depth: int) -> None:
    payment = pay(PRICE, height=101 - depth if depth else None)
    assert state(look(an_invoice(speed=policy), [payment])) == ("Settled" if depth >= needed else "Processing")


def test_high_speed_needs_a_block_when_the_transaction_signals_that_it_may_be_replaced() -> None:
    invoice = an_invoice(speed=SpeedPolicy.HIGH)
    assert state(look(invoice, [pay(PRICE, signals_rbf=True)])) == "Processing"
    assert state(look(invoice, [pay(PRICE, signals_rbf=True, height=100)])) == "Settled"


@pytest.mark.parametrize(("depth", "expected"), [(99, "Processing"), (100, "Settled")])
@pytest.mark.parametrize("policy", SpeedPolicy)
def test_a_coinbase_settles_when_it_matures(policy: SpeedPolicy, depth: int, expected: str) -> None:
    payment = pay(PRICE, height=1, is_coinbase=True)
    assert state(look(an_invoice(speed=policy), [payment], height=depth)) == expected


def test_what_left_the_mempool_counts_but_never_settles_without_a_block() -> None:
    invoice = an_invoice(speed=SpeedPolicy.HIGH)
    assert state(look(invoice, [pay(PRICE, at_risk=True)])) == "Processing"
    assert state(look(invoice, [pay(PRICE, at_risk=True, height=100)])) == "Settled"


# prices and tolerances at their ends


def test_a_price_of_zero_settles_at_once_even_after_its_window() -> None:
    for now in (IN_TIME, LATE):
        result = look(an_invoice(price="0", prompts=()), now=now)
        assert (state(result), told(result)) == ("Settled", ["paidInFull", "confirmed", "completed"])


def test_a_tolerance_of_everything_still_wants_some_settled_money() -> None:
    invoice = an_invoice(tolerance="100")
    assert state(look(invoice)) == "New"
    seen = look(invoice, [pay(1)])
    assert state(seen) == "Processing"
    assert state(look(seen.invoice, [replace(seen.payments[0], height=100)])) == "Settled"


@pytest.mark.parametrize(("sats", "expected"), [(97_999, "New+PaidPartial"), (98_000, "Processing")])
def test_the_tolerance_at_its_limit(sats: int, expected: str) -> None:
    assert state(look(an_invoice(tolerance="2"), [pay(sats)])) == expected


# traces


def test_trace_a_normal() -> None:
    seen = look(an_invoice(), [pay(PRICE)])
    assert told(seen) == IN_FULL
    assert not seen.events[0].after_expiration
    buried = look(seen.invoice, [replace(seen.payments[0], height=101)], height=101)
    assert (state(buried), told(buried)) == ("Settled", SETTLING)


def test_trace_b_high_speed_tells_the_payment_first_and_settles_in_one_go() -> None:
    result = look(an_invoice(speed=SpeedPolicy.HIGH), [pay(PRICE)])
    assert (state(result), told(result)) == ("Settled", IN_FULL + SETTLING)


def test_trace_b2_first_seen_in_a_block_tells_the_payment_first() -> None:
    assert told(look(an_invoice(), [pay(PRICE, height=100)])) == IN_FULL + SETTLING


def test_trace_c_partial_then_expiry() -> None:
    part = look(an_invoice(), [pay(60_000)])
    over = look(part.invoice, part.payments, CLOSED)
    assert told(over) == ["expired", "expiredPaidPartial"]
    buried = look(over.invoice, [replace(over.payments[0], height=100)], LATE)
    assert (state(buried), told(buried)) == ("Expired+PaidPartial", ["paymentSettled"])
    assert buried.events[0].after_expiration


def test_trace_d_late_in_full_never_settles_by_itself() -> None:
    closed = look(an_invoice(), now=CLOSED)
    late = look(closed.invoice, [pay(PRICE, at=LATE)], LATE)
    assert (state(late), told(late)) == ("Expired+PaidLate", ["receivedPayment", "paidAfterExpiration"])
    assert late.events[0].after_expiration
    buried = look(late.invoice, [replace(late.payments[0], height=90)], LATE)
    assert (state(buried), told(buried)) == ("Expired+PaidLate", ["paymentSettled"])


def test_trace_e_a_part_in_time_and_the_rest_late() -> None:
    part = look(look(an_invoice(), [pay(60_000)]).invoice, [pay(60_000, announced=True)], CLOSED)
    rest = look(part.invoice, [*part.payments, pay(40_000, n=1, at=LATE)], LATE)
    assert (state(rest), told(rest)) == ("Expired+PaidLate", ["receivedPayment", "paidAfterExpiration"])


def test_trace_f_double_spent_is_heard_of_when_it_expires() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    lost = look(paid.invoice, [replace(paid.payments[0], conflicted_by="f" * 64)])
    assert (state(lost), told(lost)) == ("New", [])
    assert lost.payments[0].status is PaymentStatus.UNACCOUNTED
    closed = look(lost.invoice, lost.payments, CLOSED)
    assert (state(closed), told(closed)) == ("Expired", ["expired"])


def test_trace_g_a_fee_bump_is_counted_once() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    bumped = look(paid.invoice, [replace(paid.payments[0], conflicted_by=f"{1:064x}"), pay(PRICE, n=1)])
    assert (state(bumped), told(bumped)) == ("Processing", ["receivedPayment"])


def test_trace_h_replaced_by_less() -> None:
    over = look(an_invoice(), [pay(2 * PRICE)])
    assert state(over) == "Processing+PaidOver"
    less = look(over.invoice, [replace(over.payments[0], conflicted_by=f"{1:064x}"), pay(PRICE, n=1)])
    assert (state(less), told(less)) == ("Processing", ["receivedPayment"])


def test_trace_i_confirmed_after_the_deadline_stays_invalid() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    failed = look(paid.invoice, paid.payments, MONITORED + timedelta(seconds=1))
    buried = look(failed.invoice, [replace(failed.payments[0], height=100)], MONITORED + timedelta(days=1))
    assert (state(buried), told(buried)) == ("Invalid", ["paymentSettled"])
    assert buried.events[0].after_expiration


def test_trace_j_a_reorg_before_settlement_takes_confirmations_back() -> None:
    three = look(an_invoice(speed=SpeedPolicy.LOW), [pay(PRICE, height=98)])
    out = look(three.invoice, [replace(three.payments[0], height=None)])
    assert (state(three), state(out), told(out)) == ("Processing", "Processing", [])


def test_trace_k_a_reorg_after_settlement_changes_no_status_and_settling_is_told_again() -> None:
    settled = look(an_invoice(), [pay(PRICE, height=100)])
    out = look(settled.invoice, [replace(settled.payments[0], height=None)])
    assert (state(out), told(out)) == ("Settled", [])
    assert out.payments[0].status is PaymentStatus.PROCESSING
    back = look(out.invoice, [replace(out.payments[0], height=101)], height=101)
    assert (state(back), told(back)) == ("Settled", ["paymentSettled"])


def test_trace_l_paid_after_it_was_marked_invalid() -> None:
    marked, event = mark(an_invoice(), Status.INVALID)
    assert (event.type, event.manually_marked) == (EventType.MARKED_INVALID, True)
    result = look(marked, [pay(PRICE)])
    assert (state(result), told(result)) == ("Invalid+Marked", ["receivedPayment"])
    assert result.events[0].after_expiration


# marks

BOTH = (Status.SETTLED, Status.INVALID)
MARKS = [
    (Status.NEW, AdditionalStatus.NONE, BOTH),
    (Status.NEW, AdditionalStatus.PAID_PARTIAL, BOTH),
    (Status.PROCESSING, AdditionalStatus.NONE, BOTH),
    (Status.PROCESSING, AdditionalStatus.PAID_OVER, BOTH),
    (Status.EXPIRED, AdditionalStatus.NONE, BOTH),
    (Status.EXPIRED, AdditionalStatus.PAID_PARTIAL, BOTH),
    (Status.EXPIRED, AdditionalStatus.PAID_LATE, BOTH),
    (Status.INVALID, AdditionalStatus.NONE, (Status.SETTLED,)),
    (Status.INVALID, AdditionalStatus.PAID_OVER, (Status.SETTLED,)),
    (Status.INVALID, AdditionalStatus.MARKED, (Status.SETTLED,)),
    (Status.SETTLED, AdditionalStatus.NONE, ()),
    (Status.SETTLED, AdditionalStatus.PAID_OVER, ()),
    (Status.SETTLED, AdditionalStatus.MARKED, (Status.INVALID,)),
]


@pytest.mark.parametrize(("status", "additional", "allowed"), MARKS)
def test_a_person_may_mark_what_the_matrix_allows(
    status: Status, additional: AdditionalStatus, allowed: tuple[Status, ...]
) -> None:
    invoice = an_invoice().moved(status, additional)
    assert markable(status, additional) == allowed
    for to in Status:
        if to in allowed:
            marked, event = mark(invoice, to)
            assert (marked.status, marked.additional_status) == (to, AdditionalStatus.MARKED)
            assert event.over_paid == (to is Status.SETTLED and additional is AdditionalStatus.PAID_OVER)
        else:
            with pytest.raises(NotAllowed):
                mark(invoice, to)
