"""An order is deleted for good while its payment waits for a block. The plugin answers every webhook with 200."""

import pytest
import requests

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import GRACE_SECONDS, acts, connect, mismatches, read_again
from tests.e2e.case import SECONDS, Case

pytestmark = pytest.mark.slow  # in make test, it is told in memory against the same shop and in the mix of two hundred


def test_the_money_is_kept_and_a_person_is_told(case: Case) -> None:
    merchant = connect(case)
    order = case.order()
    order.pay(20_000)
    order.wait_order("on-hold")
    order.wait_delivered()
    order.deed("delete")
    case.node.mine()
    order.wait_status("Settled")
    order.wait_delivered()
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: mismatches(order) == ["deleted"], "a person to be told", 60)
    read_again(order)
    assert requests.get(f"{case.shop}/api/orders/{order.id}", timeout=SECONDS).status_code == 404
    assert acts(order) == []
    assert merchant.board(order) == ["The order is gone"]
    assert f"Sattle read order {order.id} back: The order is gone." in merchant.story(order)
