"""Somebody in the shop cancels an order whose payment is on its way: Sattle does not undo what people decide."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # the order dead while its invoice is New is cancelled by a person in make test


def test_the_order_stays_cancelled_and_a_person_is_told(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")  # the plugin itself would set it to processing
    order = case.order()
    order.pay(20_000)
    order.wait_order("on-hold", timeout_seconds=60)
    wait_until(lambda: len(our_notes(order)) == 1, "the note of the hold", 30)
    order.deed("cancel_by_person")
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: len(our_notes(order)) == 2, "the note that money was seen", 60)
    case.node.mine()
    order.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: mismatches(order) == ["cancelled_by_person"], "a person to be told", 60)
    wait_until(lambda: len(our_notes(order)) == 3, "the note that it is theirs to decide", 60)
    read_again(order)
    assert order.in_shop()["status"] == "cancelled"
    assert [act for act in acts(order) if act[0] == "write"] == [("write", "done")]  # of the hold
    assert len(our_notes(order)) == len(set(our_notes(order))) == 3
    assert "Cancelled by a person, then paid" in our_notes(order)[-1]
    assert merchant.board(order) == ["Cancelled by a person, then paid"]
    assert f"Sattle read order {order.id} back: Cancelled by a person, then paid." in merchant.story(order)
