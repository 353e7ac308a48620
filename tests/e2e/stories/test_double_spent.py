"""The buyer takes the money back before a block has it."""

import pytest

from tests.e2e.case import EXPIRED_NOTE, SEEN_NOTE, Case

WINDOW = 15 * 60 + 10


@pytest.mark.postgresql
def test_a_double_spend_to_somebody_else_takes_the_payment_back_at_once(case: Case) -> None:
    """Row 14."""
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.payer.double_spend(txid)
    order.wait_status("New")
    assert order.standings() == {txid: "Unaccounted"}
    case.node.mine()
    case.sattle.advance(WINDOW)
    order.ends(
        invoice=("Expired", "None"),
        order="cancelled",
        events=["created", "receivedPayment", "paidInFull", "expired"],
        codes=[1001, 1002, 1003, 1004],
        notes=[SEEN_NOTE, EXPIRED_NOTE],
    )
