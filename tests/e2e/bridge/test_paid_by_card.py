"""The customer pays the order by card, and pays the Bitcoin invoice before anybody could close it."""

import pytest

from tests.e2e.bridge.connecting import GRACE_SECONDS, connect, ends, mismatches, rows, writes
from tests.e2e.case import Case, Order


@pytest.mark.slow  # told in memory against the same shop; an invoice that is closed in time is another story
def test_the_card_stays_what_paid_the_order_and_the_refund_is_one_click_away(case: Case) -> None:
    merchant = connect(case)
    order = case.order()
    order.deed("pay_by_card")
    before = _booked(order)
    case.payer.pay(order.address, 20_000)
    order.wait_status("Processing")
    order.wait_delivered()
    case.node.mine()
    order.wait_status("Settled")
    order.wait_delivered()
    case.sattle.advance(GRACE_SECONDS)
    ends(order, merchant, status="processing", board=["Paid twice"], story=["The order does not agree"])
    assert (mismatches(order), writes(order), _booked(order)) == (["double_payment"], [], before)
    ((number,),) = rows(order, "SELECT id FROM mismatches WHERE invoice_id = :invoice")
    assert f'href="/admin/invoices/{order.invoice_id}/refund"' in merchant.page(f"/admin/mismatches/{number}")
    assert "Refund it" in merchant.page(f"/admin/mismatches/{number}")


def _booked(order: Order) -> tuple[str, str]:
    """How the order was paid, as the shop has it."""
    seen = order.in_shop()
    return seen["payment_method"], seen["transaction_id"]
