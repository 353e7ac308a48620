"""The worker itself: killed, doubled, and given a great deal to do at once."""

import hashlib
from pathlib import Path

import pytest

from regtest.harness import Harness
from regtest.node import Node
from regtest.processes import Process
from regtest.rawtx import Output, with_outputs
from regtest.waiting import wait_until
from tests.e2e.case import Case, Order
from tests.e2e.place import Place
from tests.private_postgresql import Cluster

TRANSACTIONS = 5_000
ORDERS = 20
PARTS = 5  # transactions that pay one order together
ANYBODY = "51"  # a witness script that is satisfied by itself: to be spent without a signature
ANYBODYS = "0020" + hashlib.sha256(bytes.fromhex(ANYBODY)).hexdigest()


def test_a_full_block_with_a_hundred_payments_is_one_change_and_starves_nobody(place: Place) -> None:
    """Row 21."""
    case, hasty = place.shop(), place.shop(expiration_minutes="1")
    orders = [case.order("10.00") for _ in range(ORDERS)]
    unpaid = hasty.order("10.00")
    scripts = [case.node.rpc("validateaddress", order.address)["scriptPubKey"] for order in orders]
    coins = anybodys_coins(case, TRANSACTIONS)
    ours = [spend_anybodys(coin, script, 4_000) for coin, script in zip(coins, scripts * PARTS, strict=False)]
    others = [spend_anybodys(coin, ANYBODYS, 4_000) for coin in coins[len(ours) :]]
    case.sattle.advance(65)
    between = TRANSACTIONS // len(ours) - 1
    case.node.mine_with(*(tx for nth, one in enumerate(ours) for tx in (one, *others[nth * between :][:between])))
    seen = set[int]()

    def all_seen() -> bool:
        seen.add(len(place.ledger.payments(*(order.invoice_id for order in orders))))
        return len(ours) in seen

    wait_until(all_seen, "the payments of the block", 60)
    assert seen <= {0, len(ours)}
    unpaid.wait_status("Expired")
    for order in orders:
        order.wait_status("Settled")
        told = [event.type for event in place.ledger.events(order.invoice_id)]
        story = ["receivedPayment"] * PARTS + ["paidInFull"] + ["paymentSettled"] * PARTS + ["confirmed", "completed"]
        assert told == ["created", *story]
    orders[-1].wait_order("processing")
    orders[-1].wait_delivered()


def anybodys_coins(case: Case, count: int) -> list[tuple[str, int]]:
    """Outpoints in the chain, of 5,000 satoshis each, that are spent without a signature."""
    raw = case.payer.prepare_as_is([(ANYBODYS, 5_000)] * count)
    case.node.mine_with(raw)
    txid = case.node.rpc("decoderawtransaction", raw)["txid"]
    return [(txid, vout) for vout in range(count)]


def spend_anybodys(coin: tuple[str, int], script: str, sats: int) -> str:
    """A transaction with one output and the witness that ANYBODYS asks for: the script alone (BIP141)."""
    plain = bytes.fromhex(with_outputs([Output(script, sats)], [coin]))
    return (plain[:4] + b"\x00\x01" + plain[4:-4] + b"\x01\x01" + bytes.fromhex(ANYBODY) + plain[-4:]).hex()


def second_worker(sattle: Harness) -> Process:
    """Another worker of the same installation."""
    worker = sattle.installation.worker()
    worker.name, worker.log = "worker-2", worker.log.with_name("worker-2.log")
    return worker


def test_on_sqlite_a_second_worker_waits_and_takes_over_when_the_first_one_dies(place: Place, case: Case) -> None:
    """Row 26."""
    second = second_worker(place.sattle)
    second.start()
    try:
        wait_until(lambda: "waiting" in second.log_tail(), "the second worker to wait")
        settle(case, case.order("10.00"))
        place.sattle.worker.kill()
        settle(case, case.order("10.00"))
        assert second.alive
    finally:
        second.stop()


@pytest.mark.postgresql
def test_on_postgresql_one_worker_leads_and_another_takes_over_when_it_dies(
    node: Node, postgresql: Cluster, tmp_path: Path
) -> None:
    """Row 26."""
    with Place(node, tmp_path, database_url=postgresql.new_database()) as place:
        case, second = place.shop(), second_worker(place.sattle)
        second.start()
        try:
            wait_until(lambda: "worker started" in second.log_tail(), "the second worker to start")
            settle(case, case.order("10.00"))
            place.sattle.worker.kill()
            settle(case, case.order("10.00"))
            second.kill()
            order = case.order("10.00")
            order.pay(20_000)
            place.sattle.worker.start()
            settle(case, order, is_paid=True)
        finally:
            second.stop()


def settle(case: Case, order: Order, *, is_paid: bool = False) -> None:
    """Pay an order and see it through, told once."""
    if not is_paid:
        order.pay(20_000)
    order.wait_status("Processing", timeout_seconds=60)
    case.node.mine()
    order.wait_order("processing", timeout_seconds=60)
    order.wait_delivered()
    assert order.events().count("receivedPayment") == order.events().count("confirmed") == 1
    assert order.ipn_codes() == [1001, 1002, 1003, 1005, 1006]
