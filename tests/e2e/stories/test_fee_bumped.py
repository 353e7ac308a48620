"""The buyer raises the fee of a payment that is under way."""

from regtest.waiting import wait_until
from tests.e2e.case import COMPLETED_NOTE, PAID, SEEN_NOTE, Case


def test_a_fee_bump_is_counted_once(case: Case) -> None:
    """Row 15."""
    order = case.order("10.00")
    first = order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    second = case.payer.bump(first)
    wait_until(lambda: second in order.standings(), "the bumped payment is recorded", timeout_seconds=30)
    assert order.standings() == {first: "Unaccounted", second: "Processing"}
    case.node.mine()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=[*PAID[:3], "receivedPayment", *PAID[3:]],
        codes=[1001, 1002, 1003, 1002, 1005, 1006],
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    assert order.standings() == {first: "Unaccounted", second: "Settled"}
