"""The shop does not answer while all that matters happens; then it does."""

from regtest.waiting import wait_until
from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, Case


def test_an_ipn_endpoint_that_was_down_gets_everything_in_order(case: Case) -> None:
    order = case.order("10.00")
    wait_until(lambda: order.ipn_codes() == [1001], "the first IPN is in", timeout_seconds=30)
    case.ipn_mode("down")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_status("Settled")
    assert order.in_shop()["status"] == "pending"
    case.ipn_mode("ok")
    case.sattle.advance(6 * 60)
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[COMPLETED_NOTE],
    )
