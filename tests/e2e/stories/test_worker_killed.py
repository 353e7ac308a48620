"""The worker dies after it has seen a payment, and before it has told anybody."""

import pytest

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, Case


@pytest.mark.postgresql
def test_the_worker_is_killed_between_seeing_and_telling(case: Case) -> None:
    """Row 22."""
    order = case.order("10.00")
    case.answer("down")
    order.pay(20_000)
    order.wait_status("Processing")
    case.sattle.worker.kill()
    case.answer("ok")
    case.sattle.worker.start()
    case.sattle.advance(15)
    order.wait_order("on-hold")
    case.node.mine()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
        again=True,
    )
