"""What happened while the worker, or all of Sattle, was down."""

from tests.e2e.case import Case
from tests.e2e.place import Place

WINDOW = 15 * 60 + 10
SETTLED_STORY = ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]


def test_a_payment_that_came_while_the_worker_was_down_is_found_before_any_block(place: Place, case: Case) -> None:
    """Row 1."""
    order = case.order("10.00")
    address = order.address
    place.sattle.worker.stop()
    txid = case.payer.pay(address, 20_000)
    place.sattle.worker.start()
    order.wait_status("Processing")
    line = place.ledger.payment(order.invoice_id)
    assert line.outpoint.startswith(txid)
    assert (line.value_sats, line.confirmations, line.counted) == (20_000, 0, True)
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_order("processing")
    assert order.events() == SETTLED_STORY


def test_a_payment_that_was_made_and_taken_back_while_the_worker_was_down_counts_nothing(
    place: Place, case: Case
) -> None:
    """Row 3."""
    order, other = case.order("10.00"), case.order("20.00")
    address, rival = order.address, other.address
    order.wait_delivered()
    place.sattle.worker.stop()
    txid = case.payer.pay(address, 20_000)
    replacement = case.payer.replace(txid, [(rival, 40_000)])
    case.node.mine()
    place.sattle.worker.start()
    other.wait_status("Settled")
    place.catch_up()
    assert not any(line.counted for line in place.ledger.payments(order.invoice_id))
    assert place.ledger.payment(other.invoice_id).outpoint.startswith(replacement)
    assert order.page()["status"] == "New"
    assert order.events() == ["created"]
    assert order.ipn_codes() == [1001]


def test_a_payment_in_time_counts_although_the_worker_was_away_until_after_the_deadline(
    place: Place, case: Case
) -> None:
    """Row 4: while it waits in the mempool."""
    order = case.order("10.00")
    address = order.address
    place.sattle.worker.stop()
    case.payer.pay(address, 20_000)
    place.sattle.advance(WINDOW)
    place.sattle.worker.start()
    order.wait_status("Processing")
    case.node.mine()
    order.wait_order("processing")
    assert "expired" not in order.events()


def test_a_payment_mined_in_time_counts_although_the_worker_was_away_until_after_the_deadline(
    place: Place, case: Case
) -> None:
    """Row 4: once it is in a block; and who paid after the deadline while nobody looked has paid late."""
    order, late = case.order("10.00"), case.order("10.00")
    in_time, too_late = order.address, late.address
    place.sattle.worker.stop()
    case.payer.pay(in_time, 20_000)
    case.node.mine()
    place.sattle.advance(WINDOW)
    case.payer.pay(too_late, 20_000)
    place.sattle.worker.start()
    order.wait_order("processing")
    assert "expired" not in order.events()
    late.wait_status("Expired", "PaidLate")
    late.wait_order("failed")
    case.node.mine()
