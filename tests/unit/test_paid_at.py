"""When a payment was made (docs: Paid-at), and what that means for a window that closed meanwhile."""

from dataclasses import replace
from datetime import timedelta

from app.domain.invoice import NetworkFeeMode
from app.domain.payment import fee_for_new_payment, paid_at
from tests.unit.facts import EXPIRES, IN_TIME, LATE, an_invoice, look, pay, state

PRICE = 100_000
SECOND = timedelta(seconds=1)


def test_the_earlier_of_the_nodes_time_and_our_record_counts() -> None:
    assert paid_at(IN_TIME, IN_TIME - SECOND, None, None) == IN_TIME - SECOND
    assert paid_at(IN_TIME, IN_TIME + SECOND, None, None) == IN_TIME
    assert paid_at(IN_TIME, None, None, None) == IN_TIME


def test_a_block_says_nothing_about_what_was_seen_in_the_mempool() -> None:
    assert paid_at(LATE, LATE - SECOND, IN_TIME, IN_TIME) == LATE - SECOND


def test_a_fee_bump_across_expiry_inherits_the_time_of_what_it_replaces() -> None:
    first = pay(PRICE, conflicted_by=f"{1:064x}", announced=True)
    bump = pay(PRICE, n=1, at=paid_at(LATE, LATE, None, None, [first.paid_at]))
    assert bump.paid_at == IN_TIME
    assert state(look(an_invoice(), [first, bump], LATE)) == "Processing"


def test_a_replacement_across_expiry_that_pays_less_is_a_part_paid_in_time() -> None:
    paid = look(an_invoice(), [pay(PRICE)])
    first = replace(paid.payments[0], conflicted_by=f"{1:064x}")
    less = pay(PRICE - 1, n=1, at=paid_at(LATE, LATE, None, None, [first.paid_at]))
    assert state(look(paid.invoice, [first, less], LATE)) == "Expired+PaidPartial"


def test_seen_only_in_a_block_takes_the_blocks_time_but_not_before_its_median() -> None:
    before = EXPIRES - timedelta(minutes=1)
    assert paid_at(LATE, None, before, IN_TIME) == before
    assert paid_at(LATE, None, IN_TIME, before) == before
    assert paid_at(IN_TIME, None, LATE, LATE) == IN_TIME
    payment = pay(PRICE, at=paid_at(LATE, None, before, IN_TIME), height=100)
    assert state(look(an_invoice(), [payment], LATE)) == "Settled"


def test_an_expired_invoice_stays_expired_whatever_paid_at_says() -> None:
    closed = look(an_invoice(), now=LATE)
    assert state(look(closed.invoice, [pay(PRICE, at=IN_TIME)], LATE)) == "Expired+PaidLate"


def test_a_replacement_inherits_the_fee_and_is_not_charged_a_second_one() -> None:
    mode = NetworkFeeMode.MULTIPLE_PAYMENTS_ONLY
    assert fee_for_new_payment(mode, 1000, 0) == 0
    assert fee_for_new_payment(mode, 1000, 1) == 1000
    assert fee_for_new_payment(mode, 1000, 1, [0]) == 0
