"""Invoices that were made, and paid, before a worker looked at the chain for the first time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chain.explorer import LOOK_BACK
from app.db.models import Payment, WalletScan
from app.domain.node_state import NodeState
from app.usecases.expire_invoices import expire_invoice, ready_to_expire
from regtest.merchant import Merchant
from regtest.node import Node
from tests.integration.scan_bench import Bench
from tests.till import Till

AFTER_THE_WINDOW = 910


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """On a node of the test's own: its time is moved. Nobody has looked at the chain."""
    with Node(tmp_path / "node") as node:
        till = Till(tmp_path / "data", node=node)
        yield Bench(till, node)
        till.rest()


def expire(bench: Bench) -> list[str]:
    """What the worker does when windows are over; returns what it found."""
    with bench.till.app.app_context():
        found = ready_to_expire("regtest", bench.till.now())
        for invoice in found:
            expire_invoice(invoice, "regtest", bench.till.now())
        return found


def scan(bench: Bench) -> None:
    """What the worker's scanning thread does with all that it was asked for."""
    bench.work(len(bench.all(WalletScan)))
    assert {scan.state for scan in bench.all(WalletScan)} == {"done"}
    bench.sync()
    assert bench.explorer.state()[0] is NodeState.READY


def test_what_was_paid_and_spent_on_before_the_first_look_is_credited_in_time(bench: Bench) -> None:
    merchant = Merchant(bench.node, "merchant")
    invoice = bench.till.invoice(bench.till.store(merchant.account_key()))
    txid = bench.node.payer.pay(bench.till.address(invoice), 20_000)
    bench.node.mine()
    merchant.spend(txid, bench.node.new_address())
    bench.node.mine()
    bench.node.advance(AFTER_THE_WINDOW)
    bench.sync()
    assert expire(bench) == []
    scan(bench)
    assert expire(bench) == []
    assert bench.status(invoice) == ("Settled", "None")
    assert [payment.txid for payment in bench.all(Payment)] == [txid]


def test_what_was_paid_long_before_the_first_look_is_found_by_a_scan_before_anything_expires(bench: Bench) -> None:
    store = bench.till.store(bench.key)
    paid, unpaid = bench.till.invoice(store), bench.till.invoice(store)
    bench.pay((0, 20_000))
    bench.node.mine(LOOK_BACK + 10)
    bench.node.advance(AFTER_THE_WINDOW)
    bench.sync()
    assert bench.explorer.state()[0] is NodeState.HISTORY_LOST
    assert expire(bench) == []
    assert bench.status(paid) == ("New", "None")
    scan(bench)
    assert expire(bench) == [unpaid]
    assert (bench.status(paid), bench.status(unpaid)) == (("Settled", "None"), ("Expired", "None"))


def test_without_invoices_the_first_look_misses_nothing(bench: Bench) -> None:
    bench.store()
    bench.node.mine()
    bench.sync()
    assert bench.explorer.state()[0] is NodeState.READY
    assert [scan.reason for scan in bench.all(WalletScan)] == ["new"]
