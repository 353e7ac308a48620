"""Goods may leave without money: an order was set processing early, and its payment is never confirmed."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # the tests of the action table have it in make test
GIVEN_UP = 25 * 3600  # seconds: a payment is waited for during a day


def test_an_alarm_is_raised_and_the_order_is_left_to_a_person(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")  # the plugin itself would set it to failed
    order = case.order()
    txid = order.pay(20_000)
    order.wait_order("on-hold", timeout_seconds=60)
    wait_until(lambda: len(our_notes(order)) == 1, "the note of the hold", 30)
    order.deed("status_by_person", status="processing")
    case.sattle.advance(GIVEN_UP)
    order.wait_status("Invalid", timeout_seconds=60)
    case.payer.double_spend(txid)
    wait_until(lambda: mismatches(order) == ["paid_there_not_here"], "an alarm", 60)
    wait_until(lambda: len(our_notes(order)) == 2, "the note", 30)
    read_again(order)
    assert (order.in_shop()["status"], len(our_notes(order))) == ("processing", 2)
    assert [act for act in acts(order) if act[0] == "write"] == [("write", "done")]  # of the hold
    assert merchant.board(order) == ["Paid in the shop, not here"]
    assert f"Sattle read order {order.id} back: Paid in the shop, not here." in merchant.story(order)
