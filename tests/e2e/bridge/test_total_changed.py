"""Somebody adds to the order after its invoice was made: what was paid is not what it costs."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, connect, ends, mismatches, our_notes, rows, writes
from tests.e2e.case import Case, Order


@pytest.mark.slow  # told in memory against the same shop
@pytest.mark.parametrize(("webhooks", "status"), [("forbidden", "pending"), ("ok", "processing")])
def test_nothing_is_written_and_a_person_is_told_of_both_amounts(case: Case, webhooks: str, status: str) -> None:
    """The plugin does not look at the amount; where it cannot be reached the order waits."""
    merchant = connect(case)
    case.answer(webhooks)
    order = case.order()
    order.deed("set_total", total="12.00")
    case.payer.pay(order.address, 20_000)
    order.wait_status("Processing")
    wait_until(lambda: _tried(order), "the plugin to have had its chance", 30)
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: len(our_notes(order)) == 1, "the note that money was seen", 60)
    case.node.mine()
    order.wait_status("Settled")
    order.wait_order(status)
    wait_until(lambda: _tried(order), "the plugin to have had its chance again", 30)
    case.sattle.advance(GRACE_SECONDS)
    story = ["The order does not agree"]
    ends(order, merchant, status=status, notes=["was seen"], board=["The amounts differ"], story=story)
    assert (mismatches(order), writes(order), order.in_shop()["total"]) == (["amount"], [], "12.00")


def _tried(order: Order) -> bool:
    """Is every webhook delivered, or has the shop refused one? Its grace begins then."""
    refused = rows(
        order,
        "SELECT 1 FROM attempts a JOIN deliveries d ON d.id = a.delivery_id"
        " WHERE d.invoice_id = :invoice AND a.http_status = 403",
    )
    return bool(refused) or order.all_delivered()
