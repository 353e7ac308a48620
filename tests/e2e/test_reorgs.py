"""Blocks that leave the chain."""

from regtest.harness import Harness
from regtest.waiting import wait_until
from tests.e2e.conftest import Case


def test_a_payment_that_is_reorged_out_and_back_settles_once(sattle: Harness) -> None:
    case = Case(sattle, speed_policy="LowMediumSpeed")
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    wait_until(lambda: order.payments()[0]["confirmations"] == 1, "one confirmation", timeout_seconds=30)
    case.node.disconnect(1)
    case.node.mine_empty(2)
    wait_until(lambda: order.payments()[0]["confirmations"] == 0, "the confirmation is gone", timeout_seconds=30)
    assert order.page()["status"] == "Processing"
    case.node.mine(2)
    order.wait_order("processing")
    order.wait_delivered()
    assert order.events().count("receivedPayment") == 1
    assert order.events().count("confirmed") == 1


def test_a_payment_that_is_reorged_out_for_good_no_longer_counts(sattle: Harness) -> None:
    case = Case(sattle, speed_policy="LowMediumSpeed")
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    wait_until(lambda: order.payments()[0]["confirmations"] == 1, "one confirmation", timeout_seconds=30)
    case.payer.reorg_out(txid)
    order.wait_status("New")
    assert order.payments()[0]["status"] == "Unaccounted"
    assert "confirmed" not in order.events()
