"""The shop does not answer while all that matters happens; then it does."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, Case


def test_an_endpoint_that_was_down_gets_everything_in_order(case: Case) -> None:
    order = case.order("10.00")
    order.wait_delivered()
    case.answer("down")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_status("Settled")
    assert order.in_shop()["status"] == "pending"
    case.answer("ok")
    case.sattle.advance(6 * 60)
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[COMPLETED_NOTE],
    )
