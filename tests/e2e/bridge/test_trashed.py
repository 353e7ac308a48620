"""An order is moved to the trash while its payment waits for a block: a write would restore it without a word."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # in make test, it is told in memory against the same shop and in the mix of two hundred


def test_the_order_stays_in_the_trash_and_a_person_is_told(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")
    order = case.order()
    order.pay(20_000)
    order.wait_order("on-hold", timeout_seconds=60)
    wait_until(lambda: len(our_notes(order)) == 1, "the note of the hold", 30)
    order.deed("trash")
    case.node.mine()
    order.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: mismatches(order) == ["trashed"], "a person to be told", 60)
    read_again(order)
    assert (order.in_shop()["status"], len(our_notes(order))) == ("trash", 1)
    assert [act for act in acts(order) if act[0] == "write"] == [("write", "done")]  # of the hold
    assert merchant.board(order) == ["The order is in the trash"]
    assert f"Sattle read order {order.id} back: The order is in the trash." in merchant.story(order)
