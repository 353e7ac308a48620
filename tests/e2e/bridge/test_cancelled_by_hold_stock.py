"""WooCommerce's job gives an order up that nobody seems to have paid; then it is paid after all."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import connect, ends, mismatches, our_notes, writes
from tests.e2e.case import Case, Order

PAID = ["The shop is told once more", "Sattle sets the order to paid", "Shop and chain agree"]


@pytest.mark.slow  # in make test, orders that the shop cancelled are paid in the mix of two hundred
def test_no_person_cancelled_it_and_the_goods_are_there_so_the_order_is_paid(case: Case) -> None:
    merchant = connect(case)
    order = _given_up(case)
    case.node.mine()
    order.wait_order("processing", timeout_seconds=60)
    ends(order, merchant, status="processing", notes=["while the order is cancelled", "is settled"], story=PAID)
    assert writes(order) == ["done"]


@pytest.mark.slow  # the same, but for the shelf
def test_its_goods_were_sold_meanwhile_so_a_person_is_told(case: Case) -> None:
    merchant = connect(case)
    order = _given_up(case)
    case.shop.set_stock("mug", 0)
    case.node.mine()
    order.wait_status("Settled")
    notes, board = ["while the order is cancelled", "asks somebody to look"], ["Paid, but sold out"]
    ends(order, merchant, status="cancelled", notes=notes, board=board, story=["The order does not agree"])
    assert (mismatches(order), writes(order)) == (["out_of_stock"], [])


def _given_up(case: Case) -> Order:
    """An order that was cancelled for want of payment and whose money was seen since; its webhooks are refused."""
    case.answer("forbidden")
    case.shop.woo(hold_stock_minutes="60")
    order = case.order()
    order.deed("age", minutes=61)
    assert case.shop.run_hold_stock() == [order.id]
    case.payer.pay(order.address, 20_000)
    order.wait_status("Processing")
    wait_until(lambda: len(our_notes(order)) == 1, "the note that money was seen", 60)
    return order
