"""The buyer takes the money back before a block has it."""

import pytest

from tests.e2e.case import EXPIRED_NOTE, SEEN_NOTE, Case


@pytest.mark.postgresql
def test_a_double_spend_to_somebody_else_takes_the_payment_back_at_once(case: Case) -> None:
    """Row 14."""
    (order,) = case.play("taken-back")
    order.ends(
        invoice=("Expired", "None"),
        order="cancelled",
        events=["created", "receivedPayment", "paidInFull", "expired"],
        codes=[1001, 1002, 1003, 1004],
        notes=[SEEN_NOTE, EXPIRED_NOTE],
    )
