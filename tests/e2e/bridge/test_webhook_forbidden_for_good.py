"""A firewall answers every webhook with 403: the order follows all the same, and nothing is replayed later."""

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import acts, connect, mismatches, our_notes, watched
from tests.e2e.case import Case


def test_the_order_is_paid_over_rest_and_what_was_owed_is_superseded(case: Case) -> None:
    connect(case)
    case.answer("forbidden")
    order = case.order()
    case.payer.pay(order.address, 20_000)
    order.wait_order("on-hold", timeout_seconds=60)
    case.node.mine()
    order.wait_status("Settled")
    order.wait_order("processing", timeout_seconds=60)
    wait_until(lambda: watched(order) == "done", "the watch to end", 30)
    assert mismatches(order) == []
    assert [act for act in acts(order) if act[0] == "write"] == [("write", "done")] * 2
    assert len(our_notes(order)) == len(set(our_notes(order))) == 2
    assert "pending" not in case.ledger.deliveries(order.invoice_id)
    case.answer("ok")
    case.sattle.advance(3 * 3600)
    wait_until(lambda: watched(order) == "done", "the watch to stay done", 30)
    assert order.in_shop()["status"] == "processing"
