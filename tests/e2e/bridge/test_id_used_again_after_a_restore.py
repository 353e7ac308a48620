"""A shop is restored from a backup, and the next customer's order gets the id of one that was being paid."""

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, read_again
from tests.e2e.case import Case


def test_the_other_customers_order_is_left_alone_until_it_is_paid_itself(case: Case) -> None:
    merchant = connect(case)
    case.shop.back_up()
    first = case.order()
    first.pay(20_000)
    first.wait_order("on-hold")
    first.wait_delivered()
    case.shop.restore()
    case.answer("forbidden")
    second = case.order()
    assert (second.id, second.invoice_id != first.invoice_id) == (first.id, True)
    case.node.mine()
    first.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: mismatches(first) == ["reused_id"], "a person to be told", 60)
    assert (second.in_shop()["status"], our_notes(second)) == ("pending", [])

    second.pay(20_000)
    second.wait_order("on-hold", timeout_seconds=60)
    case.node.mine()
    second.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    second.wait_order("processing", timeout_seconds=60)
    wait_until(lambda: len(our_notes(second)) == 2, "the notes of hold and payment", 30)
    read_again(second)
    assert second.in_shop()["transaction_id"] == second.invoice_id
    assert all(second.invoice_id in note for note in our_notes(second))
    assert len(our_notes(second)) == 2
    assert acts(first) == [], "nothing was written for the order that is gone"
    assert (mismatches(second), merchant.board(second)) == ([], [])
    assert merchant.board(first) == ["Another order has this id"]
    assert f"Sattle read order {first.id} back: Another order has this id." in merchant.story(first)
    assert "Sattle sets the order to paid" in merchant.story(second)
