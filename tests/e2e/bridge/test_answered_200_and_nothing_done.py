"""Something in front of the plugin answers every webhook with 200: a receipt is no proof, so the order is read back."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import AGAIN_SECONDS, GRACE_SECONDS, acts, connect, ends, writes
from tests.e2e.case import Case, Order

STORY = ["The shop is told once more", "Sattle sets the order to paid", "Shop and chain agree"]


@pytest.mark.slow  # the same steps are told in memory, and by a refused webhook end to end
def test_the_shop_is_told_once_more_and_then_its_order_is_paid_over_rest(case: Case) -> None:
    merchant = connect(case)
    case.answer("deaf")
    order = case.order()
    case.payer.pay(order.address, 20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_status("Settled")
    wait_until(order.all_delivered, "every webhook to be answered", 60)
    assert (order.in_shop()["status"], writes(order)) == ("pending", [])
    told = len(order.deliveries())
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: ("nudge", "done") in acts(order), "the shop to be told once more", 60)
    wait_until(lambda: len(order.deliveries()) == told + 1, "the newest to come again", 60)
    assert order.webhook_types()[-2:] == ["InvoiceSettled", "InvoiceSettled"]
    wait_until(order.all_delivered, "that to be written down", 60)
    case.sattle.advance(AGAIN_SECONDS)
    order.wait_order("processing", timeout_seconds=60)
    ends(order, merchant, status="processing", notes=["is settled"], story=STORY)
    assert writes(order) == ["done"]
    assert _transaction(order) == order.invoice_id


def _transaction(order: Order) -> str:
    return str(order.in_shop()["transaction_id"])
