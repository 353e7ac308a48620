"""A firewall answers every webhook with 403: the order follows all the same, and nothing is replayed later."""

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import connect, ends, watched, writes
from tests.e2e.case import Case

STORY = [
    "The shop is told once more",
    "The order is put on hold",
    "The shop is told once more",
    "Sattle sets the order to paid",
    "Shop and chain agree",
]


def test_the_order_is_paid_over_rest_and_what_was_owed_is_superseded(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")
    order = case.order()
    case.payer.pay(order.address, 20_000)
    order.wait_order("on-hold", timeout_seconds=60)
    case.node.mine()
    order.wait_status("Settled")
    order.wait_order("processing", timeout_seconds=60)
    ends(order, merchant, status="processing", notes=["was seen", "is settled"], story=STORY)
    assert writes(order) == ["done", "done"]
    assert "pending" not in case.ledger.deliveries(order.invoice_id)
    case.answer("ok")
    case.sattle.advance(3 * 3600)
    wait_until(lambda: watched(order) == "done", "the watch to stay done", 30)
    assert order.deliveries() == []
    ends(order, merchant, status="processing", notes=["was seen", "is settled"], story=STORY)
