"""A block with a settled payment leaves the chain for good, long after the shop was told that the order is paid."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # the tests of the action table have it in make test


def test_it_is_raised_loudly_with_one_note_and_nothing_is_written(case: Case) -> None:
    merchant = connect(case)
    order = case.order()
    txid = order.pay(20_000)
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_order("processing")
    order.wait_delivered()
    told = order.webhook_types()
    case.payer.reorg_out(txid)
    case.ledger.catch_up()
    wait_until(lambda: order.events()[-1] == "settledPaymentLost", "the loss to be noticed", 30)
    case.sattle.advance(GRACE_SECONDS)  # although the shop's plugin is told nothing of it
    wait_until(lambda: mismatches(order) == ["lost_payment"], "an alarm", 60)
    wait_until(lambda: len(our_notes(order)) == 1, "the note", 30)
    read_again(order)
    assert (order.in_shop()["status"], order.standing()) == ("processing", ("Settled", "None"))
    assert acts(order) == [("note", "done")]
    assert len(our_notes(order)) == 1
    assert "A settled payment was lost" in our_notes(order)[0]
    assert order.webhook_types() == told
    assert merchant.board(order) == ["A settled payment was lost"]
    assert ">alarm<" in merchant.page("/admin/mismatches")
    assert f"Sattle read order {order.id} back: A settled payment was lost." in merchant.story(order)
