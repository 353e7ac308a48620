"""An order is paid otherwise, or cancelled by a person, while its invoice is New: nobody shall pay a dead order."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case, Order

DEEDS = [
    # deed, plugin, where it leaves the order, what late money is raised as: kind and title
    ("cancel_by_person", "greenfield", "cancelled", "late", "Paid late"),
    pytest.param(*("pay_by_card", "greenfield", "processing", "double_payment", "Paid twice"), marks=pytest.mark.slow),
    pytest.param(*("pay_by_card", "bitpay", "processing", "double_payment", "Paid twice"), marks=pytest.mark.slow),
]
"""The others differ in the row of the table and in how the shop would be told; the unit tests have every row."""


@pytest.mark.parametrize(("deed", "plugin", "status", "kind", "title"), DEEDS)
def test_the_invoice_closes_without_a_word_and_later_money_is_raised(
    case: Case, deed: str, status: str, kind: str, title: str
) -> None:
    merchant = connect(case)
    order = case.order()
    address = order.address
    order.wait_delivered()
    told = _told(order)
    order.deed(deed)
    case.sattle.advance(GRACE_SECONDS)
    order.wait_status("Invalid", "Marked")
    assert acts(order) == [("close", "done")]
    assert (merchant.board(order), our_notes(order)) == ([], [])
    assert f"Order {order.id} needs no payment any more" in merchant.story(order)

    case.payer.pay(address, 20_000)
    wait_until(lambda: len(order.payments()) == 1, "the money to be credited", 30)
    case.node.mine()
    wait_until(lambda: [line.status for line in order.payments()] == ["Settled"], "the money to settle", 30)
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: mismatches(order) == [kind], "a person to be told", 60)
    read_again(order)
    assert [line.value_sats for line in order.payments()] == [20_000]
    assert order.in_shop()["status"] == status
    assert _told(order) == told, "the plugin would set the order failed"
    assert len(our_notes(order)) == len(set(our_notes(order))) <= 1
    assert [act for act in acts(order) if act[0] != "note"] == [("close", "done")]
    assert merchant.board(order) == [title]
    assert f"Sattle read order {order.id} back: {title}." in merchant.story(order)


def _told(order: Order) -> tuple[list[str], list[int]]:
    """The webhooks and the IPNs that came, answered or not."""
    seen = order.in_shop()
    return [each["type"] for each in seen["deliveries"]], [each["code"] for each in seen["ipns"]]
