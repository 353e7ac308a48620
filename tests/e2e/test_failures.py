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


def test_the_worker_is_killed_between_seeing_and_telling(case: Case) -> None:
    order = case.order("10.00")
    case.ipn_mode("down")
    order.pay(20_000)
    order.wait_status("Processing")
    case.sattle.worker.kill()
    case.ipn_mode("ok")
    case.sattle.worker.start()
    case.sattle.advance(15)
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_order("processing")
    order.wait_delivered()
    codes = order.ipn_codes()
    assert [code for index, code in enumerate(codes) if code not in codes[:index]] == [1001, 1002, 1003, 1005, 1006]


def test_a_payment_that_came_and_confirmed_while_the_server_was_down_is_found(case: Case) -> None:
    order = case.order("10.00")
    address = order.address
    case.sattle.worker.stop()
    case.sattle.web.stop()
    case.payer.pay(address, 20_000)
    case.node.mine(2)
    case.sattle.start_web()
    case.sattle.worker.start()
    order.wait_order("processing")
    assert len(order.payments()) == 1
    assert order.events() == ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]


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
