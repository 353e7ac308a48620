"""Fee bumps and double spends."""

from regtest.waiting import wait_until
from tests.e2e.conftest import Case, Order


def standings(order: Order) -> dict[str, str]:
    return {payment["outpoint"].split("-")[0].split(":")[0]: payment["status"] for payment in order.payments()}


def test_a_fee_bump_is_counted_once(case: Case) -> None:
    order = case.order("10.00")
    first = order.pay(20_000)
    order.wait_status("Processing")
    second = case.payer.bump(first)
    wait_until(lambda: second in standings(order), "the bumped payment is recorded", timeout_seconds=30)
    assert standings(order) == {first: "Unaccounted", second: "Processing"}
    case.node.mine()
    order.wait_order("processing")
    assert order.events().count("paidInFull") == 1
    assert order.page()["status"] == "Settled"


def test_a_double_spend_to_somebody_else_takes_the_payment_back_at_once(case: Case) -> None:
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    case.payer.double_spend(txid)
    order.wait_status("New")
    assert standings(order) == {txid: "Unaccounted"}
    case.node.mine()
    case.sattle.advance(15 * 60 + 10)
    order.wait_status("Expired")
    order.wait_order("cancelled")
