"""QA's scenarios of the bridge, and what the books say about each: which orders wait for a person, and which do not."""

import pytest

from regtest.scenarios.all import scenarios
from regtest.scenarios.catalogue import Need
from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import acts, connect, mismatches
from tests.e2e.case import Case

AGREES: dict[str, list[str]] = {
    "firewall-for-good": [],
    "error-after-the-change": [],
    "shop-away-for-an-hour": [],
    "paid-by-card-first": [],
    "cancelled-by-hold-stock": [],
}
FOR_A_PERSON = {
    "paid-by-card-and-by-bitcoin": ["double_payment"],
    "switched-gateway": ["gateway"],
    "another-total": ["amount"],
    "cancelled-by-a-person": ["cancelled_by_person"],
    "put-in-the-trash": ["trashed"],
    "deleted": ["deleted"],
    "id-given-out-again": ["reused_id"],
    "invalid-after-it-was-shipped": ["paid_there_not_here"],
}
SEVERAL = {"five-orders-two-paid", "two-invoices-both-paid"}


def test_each_scenario_of_the_bridge_is_played_here() -> None:
    of_the_bridge = {each.name for each in scenarios() if Need.BRIDGE in each.needs}
    assert {*AGREES, *FOR_A_PERSON, *SEVERAL} == of_the_bridge


@pytest.mark.slow  # each is half a minute of a busy machine; the stories beside are the same accidents
@pytest.mark.parametrize("name", [*AGREES, *FOR_A_PERSON])
def test_what_the_bridge_may_not_decide_is_open_and_nothing_else(case: Case, name: str) -> None:
    connect(case)
    order = case.play(name)[0]
    wait_until(lambda: mismatches(order) == (AGREES | FOR_A_PERSON)[name], f"what is open after {name}")
    if name in FOR_A_PERSON:
        assert [act for act in acts(order) if act[0] == "write"] == []


@pytest.mark.slow
def test_of_five_orders_none_waits_for_a_person(case: Case) -> None:
    connect(case)
    assert [mismatches(order) for order in case.play("five-orders-two-paid")] == [[]] * 5


@pytest.mark.slow
def test_two_invoices_of_one_order_that_were_both_paid_are_a_persons_matter(case: Case) -> None:
    connect(case)
    first, second = case.play("two-invoices-both-paid")
    wait_until(lambda: mismatches(first) + mismatches(second) == ["double_payment"], "the mismatch")
