"""What goes wrong on the way: node, worker, server and shop."""

from regtest.waiting import wait_until
from tests.e2e.conftest import Case


def test_the_node_is_restarted_between_payment_and_block(case: Case) -> None:
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.restart()
    case.node.mine()
    order.wait_order("processing")
    assert [payment["status"] for payment in order.payments()] == ["Settled"]


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
    order.wait_order("processing")
    order.wait_delivered()
    assert order.ipn_codes() == [1001, 1002, 1003, 1005, 1006]
