"""A customer lets an invoice run out, gets another one for the same order, and pays both."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # the id that is used again has two paid invoices of one order id in make test
WINDOW = 15 * 60 + 10


def test_the_order_is_paid_once_and_the_second_sum_is_raised(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")  # else the plugin cancels the order when the first one runs out
    old = case.order()
    case.sattle.advance(WINDOW)
    old.wait_status("Expired")
    new = old.pay_again()
    assert (new.id, new.invoice_id != old.invoice_id) == (old.id, True)
    new.pay(20_000)
    new.wait_order("on-hold", timeout_seconds=60)
    case.payer.pay(old.address, 20_000)
    old.wait_status("Expired", "PaidLate")
    case.node.mine()
    new.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    new.wait_order("processing", timeout_seconds=60)
    wait_until(lambda: mismatches(old) == ["double_payment"], "a person to be told of the other", 60)
    read_again(old)
    seen = new.in_shop()
    assert (seen["status"], seen["transaction_id"]) == ("processing", new.invoice_id)
    assert len(our_notes(new)) == len(set(our_notes(new)))
    assert [act for act in acts(old) if act[0] == "write"] == []
    assert [act for act in acts(new) if act[0] == "write"] == [("write", "done")] * 2
    assert (merchant.board(new), merchant.board(old)) == ([], ["Paid twice"])
    assert f"Sattle read order {old.id} back: Paid twice." in merchant.story(old)
    assert "Sattle sets the order to paid" in merchant.story(new)
