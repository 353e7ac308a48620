"""The main job: an order that is paid ends paid in the shop."""

from tests.e2e.conftest import Case


def test_an_order_paid_in_full_becomes_processing_in_the_shop(case: Case) -> None:
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_status("Settled")
    order.wait_order("processing")
    order.wait_delivered()

    assert order.events() == ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]
    assert order.ipn_codes() == [1001, 1002, 1003, 1005, 1006]
    (payment,) = order.payments()
    assert payment["outpoint"].startswith(txid)
    assert (payment["value_sats"], payment["status"]) == (20_000, "Settled")
    assert case.store.merchant.received_sats(order.address, 1) == 20_000
    assert "payment completed" in order.notes().lower()


def test_a_fast_store_settles_what_cannot_be_replaced_at_once_and_the_rest_with_a_block(sattle: object) -> None:
    case = Case(sattle, speed_policy="HighSpeed")  # type: ignore[arg-type]
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")  # the wallet signals replaceability
    case.node.mine()
    order.wait_order("processing")
