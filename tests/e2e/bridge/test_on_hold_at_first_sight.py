"""A payment waits for its block longer than the shop holds its stock: on hold, the job passes the order over."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, our_notes, watched
from tests.e2e.case import Case

pytestmark = pytest.mark.slow  # that an order is put on hold is in other stories; the job itself is the stand-in's


def test_the_hold_stock_job_cancels_what_nobody_pays_and_nothing_else(case: Case) -> None:
    case.shop.woo(hold_stock_minutes="60")
    merchant = connect(case, on_hold_at_sight=None)  # as the shop's own settings want it
    facts = "SELECT facts_at FROM shops WHERE store_id = :store AND facts_at IS NOT NULL"
    wait_until(lambda: case.ledger.rows(facts, store=case.store.id), "the shop's settings to be read", 30)
    case.answer("forbidden")
    paid, unpaid = case.order(), case.order()
    paid.pay(20_000)
    paid.wait_order("on-hold", timeout_seconds=60)
    for order in (paid, unpaid):
        order.deed("age", minutes=90)
    assert case.shop.run_hold_stock() == [int(unpaid.id)]
    assert paid.in_shop()["status"] == "on-hold"
    case.node.mine()
    paid.wait_status("Settled")
    case.sattle.advance(GRACE_SECONDS)
    paid.wait_order("processing", timeout_seconds=60)
    wait_until(lambda: watched(paid) == "done", "the watch to end", 30)
    assert [act for act in acts(paid) if act[0] == "write"] == [("write", "done")] * 2
    assert len(our_notes(paid)) == len(set(our_notes(paid))) == 2
    assert (mismatches(paid), merchant.board(paid)) == ([], [])
    assert (acts(unpaid), our_notes(unpaid), merchant.board(unpaid)) == ([], [], [])
    story = merchant.story(paid)
    assert story.index("The order is put on hold") < story.index("Sattle sets the order to paid")
