"""The customer chooses a bank transfer after all, and then pays the Bitcoin invoice that is still open in a tab."""

import pytest

from tests.e2e.bridge.connecting import GRACE_SECONDS, connect, ends, mismatches, writes
from tests.e2e.case import Case


@pytest.mark.slow  # told in memory against the same shop
def test_the_plugin_says_200_and_does_nothing_and_a_person_is_told(case: Case) -> None:
    merchant = connect(case)
    order = case.order()
    order.deed("switch_gateway")
    case.payer.pay(order.address, 20_000)
    order.wait_status("Processing")
    order.wait_delivered()
    case.node.mine()
    order.wait_status("Settled")
    order.wait_delivered()
    case.sattle.advance(GRACE_SECONDS)
    board = ["The customer chose another way to pay"]
    ends(order, merchant, status="on-hold", board=board, story=["The order does not agree"])
    assert "The customer chose another way to pay" in merchant.story(order)
    assert (mismatches(order), writes(order), order.in_shop()["payment_method"]) == (["gateway"], [], "bacs")
