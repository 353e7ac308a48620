"""The buyer pays a part, sees what remains, and pays the rest."""

import pytest

from tests.e2e.case import COMPLETED_NOTE, SEEN_NOTE, Case


@pytest.mark.postgresql
def test_two_parts_pay_an_order_and_the_page_asks_for_the_rest(case: Case) -> None:
    (order,) = case.play("paid-in-two-parts")
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=["created", *2 * ["receivedPayment"], "paidInFull", *2 * ["paymentSettled"], "confirmed", "completed"],
        codes=[1001, 1002, 1002, 1003, 1005, 1006],
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
