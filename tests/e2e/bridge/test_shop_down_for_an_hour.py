"""The whole shop is away while its order is paid: nothing is driven, nothing is lost, and it is caught up with."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import connect, ends, failures, writes
from tests.e2e.case import Case

QUARTER_SECONDS = 900
BACK_OFF_SECONDS = 301  # the longest that a shop is left alone


@pytest.mark.slow  # the back-off is told in memory; deliveries that wait are told end to end by the stories
def test_the_order_is_paid_when_the_shop_is_back(case: Case) -> None:
    merchant = connect(case)
    order = case.order()
    case.shop.go_down()
    case.payer.pay(order.address, 20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_status("Settled")
    for _ in range(4):
        before = failures(order)
        case.sattle.advance(QUARTER_SECONDS)
        wait_until(lambda: failures(order) > before, "the shop to be asked and not to answer", 60)  # noqa: B023 - it is called in this round only
    assert (writes(order), merchant.board(order), merchant.steps(order)) == ([], [], [])
    case.shop.come_up()
    case.sattle.advance(BACK_OFF_SECONDS)
    order.wait_order("processing", timeout_seconds=60)
    order.wait_delivered()
    case.sattle.advance(BACK_OFF_SECONDS)
    ends(order, merchant, status="processing", story=["The shop is told once more", "Shop and chain agree"])
    assert failures(order) == 0
