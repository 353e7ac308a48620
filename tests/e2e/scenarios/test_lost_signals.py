"""Signals are doorbells: lost, cut off, repeated or garbled, they cost time and never a payment."""

from regtest.waiting import wait_until
from tests.e2e.case import Case, Order
from tests.e2e.place import Place

WINDOW = 15 * 60 + 10


def test_lost_messages_lose_no_payment(place: Place, case: Case) -> None:
    """Row 5."""
    orders = [case.order("10.00") for _ in range(8)]
    place.cable.zmq.lose(every=3)
    for order in orders[:4]:
        order.pay(20_000)
    case.node.mine()
    for order in orders[4:]:
        order.pay(20_000)
    place.catch_up()
    assert [place.ledger.payment(order.invoice_id).confirmations for order in orders] == [1] * 4 + [0] * 4
    assert {order.page()["status"] for order in orders[:4]} == {"Settled"}
    assert {order.page()["status"] for order in orders[4:]} == {"Processing"}
    case.node.mine()
    place.catch_up()
    assert {order.page()["status"] for order in orders} == {"Settled"}


def test_a_payment_whose_announcement_was_lost_is_found_after_the_next_one_shows_the_gap(
    place: Place, case: Case
) -> None:
    """Row 5: one message is missing, and the one that follows it comes."""
    order, next_order = case.order("10.00"), case.order("10.00")
    place.cable.zmq.lose("rawtx", nth=1)
    order.pay(20_000)
    assert order.page()["status"] == "New"
    next_order.pay(20_000)
    next_order.wait_status("Processing")
    order.wait_status("Processing", timeout_seconds=90)


def test_without_any_signal_the_timers_find_payment_and_block(place: Place, case: Case) -> None:
    """Row 6."""
    order = case.order("10.00")
    place.cable.zmq.cut()
    order.pay(20_000)
    place.catch_up()
    assert order.page()["status"] == "Processing"
    case.node.mine()
    place.catch_up()
    assert order.page()["status"] == "Settled"
    order.wait_order("processing")
    assert order.events().count("receivedPayment") == 1


def test_while_the_node_does_not_answer_nothing_is_settled_taken_back_or_expired(place: Place, case: Case) -> None:
    """Row 7."""
    robbed, paid, unpaid = case.order("10.00"), case.order("10.00"), case.order("10.00")
    addressed = paid.address
    robbed_txid = robbed.pay(20_000)
    robbed.wait_status("Processing")
    place.cable.rpc.cut()
    case.payer.double_spend(robbed_txid)
    case.payer.pay(addressed, 20_000)
    case.node.mine()
    place.wait_node_state("unreachable")
    place.sattle.advance(WINDOW)
    place.wait_node_state("unreachable")
    assert robbed.page()["status"] == "Processing"
    assert place.ledger.payment(robbed.invoice_id).counted
    assert paid.page()["status"] in ("New", "Processing")
    assert unpaid.page()["status"] == "New"
    place.cable.rpc.mend()
    place.sattle.advance(1)
    paid.wait_order("processing")
    unpaid.wait_order("cancelled")
    robbed.wait_status("Expired")
    robbed.wait_order("cancelled")
    assert not place.ledger.payment(robbed.invoice_id).counted
    assert "expired" not in paid.events()


def test_a_transaction_that_is_announced_again_and_again_is_one_payment(place: Place, case: Case) -> None:
    """Row 20: in the mempool, by its block, by the block's end, and each time more than once."""
    order = place.shop(speed_policy="LowMediumSpeed").order("10.00")
    place.cable.zmq.repeat(copies=4)
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    case.node.reorg(1, keep_transactions=False)
    case.node.mine(2)
    order.wait_order("processing")
    order.wait_delivered()
    assert (place.ledger.payment(order.invoice_id).value_sats, order.page()["paid"]) == (20_000, "0.00020000")
    assert order.events().count("receivedPayment") == 1
    assert order.ipn_codes() == [1001, 1002, 1003, 1005, 1006]


def test_what_cannot_be_decoded_or_would_not_be_relayed_hides_no_payment(place: Place, case: Case) -> None:
    """Row 28."""
    announced, mined = case.order("10.00"), case.order("10.00")
    for garbage in (b"", b"\x00", b"garbage", bytes(300_000)):
        place.cable.zmq.say("rawtx", garbage, 4_000_000_000)
    place.cable.zmq.say("sequence", b"short", 4_000_000_000)
    announced.pay(20_000)
    announced.wait_status("Processing")
    odd = case.payer.prepare_as_is([("51" * 20_000, 1_000), ("", 0), ("6a" + "4c50" + "00" * 80, 0)])
    payment = case.payer.prepare_as_is([(script_of(mined), 20_000), ("ff" * 9_999, 0)])
    case.node.mine_with(odd, payment, *case.node.mempool())
    announced.wait_status("Settled")
    mined.wait_status("Settled")
    assert place.health()["node_state"] == "ready"


def script_of(order: Order) -> str:
    """The scriptPubKey of the order's address."""
    return str(order.case.node.rpc("validateaddress", order.address)["scriptPubKey"])


def test_a_node_that_answers_with_errors_and_nonsense_for_a_while_costs_no_payment(place: Place, case: Case) -> None:
    """Row 7: it hangs up, is busy, answers half, refuses; then it is well again."""
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    place.cable.rpc.drop(times=3)
    place.cable.rpc.answer(status=503, times=2)
    place.cable.rpc.garble(times=2)
    place.cable.rpc.refuse(times=2)
    case.node.mine()
    place.sattle.advance(1)
    order.wait_order("processing")
    wait_until(lambda: place.health()["node_state"] == "ready", "the node to be ready")
