"""Parts, and a satoshi more or less."""

import pytest

from regtest.harness import Harness
from tests.e2e.conftest import Case


def test_two_parts_pay_an_order_and_the_page_asks_for_the_rest(case: Case) -> None:
    order = case.order("10.00")
    order.pay(8_000)
    order.wait_status("New", "PaidPartial")
    assert order.page()["due"] == "0.00012000"
    order.pay(12_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_order("processing")
    assert order.events().count("receivedPayment") == 2
    assert order.ipn_codes().count(1002) == 2


@pytest.mark.parametrize(
    ("sats", "status", "additional"),
    [
        (19_999, "New", "PaidPartial"),
        (20_000, "Processing", "None"),
        (20_001, "Processing", "PaidOver"),
    ],
)
def test_a_satoshi_decides(case: Case, sats: int, status: str, additional: str) -> None:
    order = case.order("10.00")
    order.pay(sats)
    order.wait_status(status, additional)
    assert order.payments()[0]["value_sats"] == sats


def test_an_overpaid_order_is_paid_and_stays_marked_as_overpaid(case: Case) -> None:
    order = case.order("10.00")
    order.pay(30_000)
    order.wait_status("Processing", "PaidOver")
    case.node.mine()
    order.wait_status("Settled", "PaidOver")
    order.wait_order("processing")


@pytest.mark.parametrize(
    ("sats", "status", "additional"), [(19_599, "New", "PaidPartial"), (19_600, "Processing", "None")]
)
def test_tolerance_reaches_its_limit_and_no_further(sattle: Harness, sats: int, status: str, additional: str) -> None:
    case = Case(sattle, tolerance="2")
    order = case.order("10.00")
    order.pay(sats)
    order.wait_status(status, additional)
