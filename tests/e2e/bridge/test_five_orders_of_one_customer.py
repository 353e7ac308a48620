"""A customer tries five times and pays two of the orders: none of the other three may move."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again, watched
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # in make test, unpaid orders beside paid ones do not move in the mix of two hundred
BUYER = {"buyerEmail": "ada@buyer.example", "buyerName": "Ada"}


def test_what_was_paid_moves_and_nothing_else(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")
    orders = [case.order("10.00", metadata=BUYER) for _ in range(5)]
    paid, unpaid = orders[1::2], orders[::2]
    for order in paid:
        order.pay(20_000)
    for order in paid:
        order.wait_order("on-hold", timeout_seconds=60)
    case.node.mine()
    for order in paid:
        order.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    for order in paid:
        order.wait_order("processing", timeout_seconds=60)
        wait_until(lambda order=order: watched(order) == "done", "the watch to end", 30)  # type: ignore[misc]
    read_again(unpaid[0])
    for order in paid:
        assert order.in_shop()["transaction_id"] == order.invoice_id
        assert [act for act in acts(order) if act[0] == "write"] == [("write", "done")] * 2
        assert len(our_notes(order)) == len(set(our_notes(order))) == 2
        assert all(order.invoice_id in note for note in our_notes(order))
        assert (mismatches(order), merchant.board(order)) == ([], [])
        assert "Sattle sets the order to paid" in merchant.story(order)
    for order in unpaid:
        assert (order.in_shop()["status"], order.payments(), our_notes(order)) == ("pending", [], [])
        assert (acts(order), mismatches(order), merchant.board(order)) == ([], [], [])
        assert "Sattle sets the order to paid" not in merchant.story(order)
