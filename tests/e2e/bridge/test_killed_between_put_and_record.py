"""The worker is killed when the shop has changed the order and nobody has written that down."""

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import acts, connect, ends, our_notes, writes
from tests.e2e.case import Case

STORY = [
    "The shop is told once more",
    "The order is put on hold",
    "The shop is told once more",
    "Sattle sets the order to paid",
    "Shop and chain agree",
]


def test_the_next_worker_finds_out_and_writes_nothing_twice(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")
    order = case.order()
    case.shop.fail_rest("slow_change", only=("PUT",))
    case.payer.pay(order.address, 20_000)
    wait_until(lambda: order.in_shop()["status"] == "on-hold", "the change to be made", 60)
    case.sattle.worker.kill()
    assert acts(order)[-2:] == [("write", "intended"), ("note", "intended")]
    assert merchant.steps(order) == ["The shop is told once more", "Sattle writes to the order"]
    case.shop.fail_rest("ok")
    case.sattle.worker.start()
    wait_until(lambda: ("write", "done") in acts(order), "the next worker to find out", 60)
    wait_until(lambda: len(our_notes(order)) == 1, "the note", 30)
    case.node.mine()
    order.wait_order("processing", timeout_seconds=60)
    ends(order, merchant, status="processing", notes=["was seen", "is settled"], story=STORY)
    assert writes(order) == ["done", "done"]
