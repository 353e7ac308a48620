"""The main job: an order that is paid ends paid in the shop."""

import pytest

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, Case, NewCase


@pytest.mark.postgresql
def test_an_order_paid_in_full_becomes_processing_in_the_shop(case: Case) -> None:
    (order,) = case.play("paid-in-full")
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    (payment,) = order.payments()
    assert (payment.value_sats, payment.status) == (20_000, "Settled")
    assert case.store.merchant.received_sats(order.address, 1) == 20_000


def test_a_fast_store_settles_what_cannot_be_replaced_at_once_and_the_rest_with_a_block(new_case: NewCase) -> None:
    case = new_case(speed_policy="HighSpeed")
    waiting, settled = case.order("10.00"), case.order("10.00")
    waiting.pay(20_000)
    settled.pay(20_000, replaceable=False)
    settled.wait_order("processing")
    (payment,) = settled.payments()
    assert (payment.confirmations, payment.status, settled.standing()) == (0, "Settled", ("Settled", "None"))
    waiting.wait_status("Processing")
    case.node.mine()
    waiting.wait_order("processing")
    settled.wait_confirmations(1)
    settled.wait_delivered()
    assert (sorted(settled.events()), settled.in_shop()["status"]) == (sorted(PAID), "processing")
