"""What a scan of a real node's coins finds, and what the database holds afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.chain.derivation import parse_account_key
from app.db.models import Event, Invoice, Payment, Prompt, StrayOutput
from app.domain.node_state import NodeState
from regtest.node import Node
from tests.account_keys import fresh_key
from tests.integration.scan_bench import Bench
from tests.till import Till

FORMS = ["pkh({})", "sh(wpkh({}))", "wpkh({})", "tr({})"]
FORMS += [
    f"{before}{verb}(1,{{}},{{}}){after}"
    for before, after in (("sh(", ")"), ("wsh(", ")"), ("sh(wsh(", "))"))
    for verb in ("multi", "sortedmulti")
]


@pytest.fixture
def bench(node: Node, tmp_path: Path) -> Iterator[Bench]:
    till = Till(tmp_path / "data", node=node)
    yield Bench(till, node)
    till.rest()


@pytest.fixture
def own_bench(tmp_path: Path) -> Iterator[Bench]:
    """On a node of the test's own, whose chain and time it may spoil."""
    with Node(tmp_path / "node") as node:
        till = Till(tmp_path / "data", node=node)
        yield Bench(till, node)
        till.rest()


def test_a_key_that_was_used_before_goes_on_above_its_used_addresses(bench: Bench) -> None:
    txid = bench.pay((3, 30_000), (7, 70_000))
    store = bench.store()
    done = bench.work(1)
    assert (done["reason"], done["state"], done["progress_percent"], done["message"]) == ("new", "done", 100, "")
    assert (done["range_end"], done["found_outputs"], done["found_payments"]) == (1000, 2, 0)
    assert bench.till.index(store) == 8
    strays = [(row.txid, row.vout, row.address_index, row.value_sats) for row in bench.all(StrayOutput)]
    assert strays == [(txid, 0, 3, 30_000), (txid, 1, 7, 70_000)]
    (row, _) = bench.all(StrayOutput)
    assert (row.block_hash, row.height, row.is_coinbase) == (bench.node.tip(), bench.node.height(), False)


def test_a_key_that_nobody_used_begins_at_nought(bench: Bench) -> None:
    store = bench.store()
    assert (bench.work(1)["state"], bench.till.index(store)) == ("done", 0)


@pytest.mark.parametrize("form", FORMS)
def test_coins_of_every_kind_of_wallet_are_found_at_their_index(bench: Bench, form: str) -> None:
    keys = [f"{fresh_key()}/0/*" for _ in range(form.count("{}"))]
    bench.key = form.format(*keys)
    bench.pay((11, 10_000))
    bench.store()
    bench.work(1)
    assert [row.address_index for row in bench.all(StrayOutput)] == [11]
    assert bench.till.next_index() == 12


def test_the_range_grows_while_coins_are_near_its_end(bench: Bench) -> None:
    bench.pay((450, 10_000), (900, 10_000), (1_700, 10_000), (2_650, 10_000), (4_500, 10_000))
    bench.store()
    done = bench.work(1)
    assert (done["found_outputs"], done["range_end"], bench.till.next_index()) == (4, 3_650, 2_651)


def test_a_scan_reaches_a_thousand_indexes_beyond_the_next_one(bench: Bench) -> None:
    bench.store()
    bench.set_next_index(5_000)
    bench.pay((5_900, 10_000))
    assert bench.work(1)["found_outputs"] == 1


def test_a_payment_that_was_missed_is_recorded_with_its_block_and_told_to_the_shop(bench: Bench) -> None:
    store = bench.store()
    bench.work(1)
    invoice_id = bench.till.invoice(store)
    txid = bench.pay((0, 20_000))
    bench.sync()
    seen = bench.all(Payment)[0]
    bench.forget_payments()
    bench.change(lambda session: session.get_one(Invoice, invoice_id).__setattr__("status", "New"))
    done = bench.scan()
    assert (done["state"], done["found_outputs"], done["found_payments"], bench.changes) == ("done", 1, 1, 1)
    (payment,) = bench.all(Payment)
    for name in ("txid", "vout", "value_sats", "fee_sats", "height", "block_hash", "is_coinbase", "signals_rbf"):
        assert getattr(payment, name) == getattr(seen, name), name
    assert (payment.txid, payment.status, bench.all(StrayOutput)) == (txid, "Settled", [])
    assert bench.status(invoice_id) == ("Settled", "None")


def test_a_second_scan_changes_nothing(bench: Bench) -> None:
    bench.pay((5, 10_000))
    store = bench.store()
    bench.work(1)
    bench.till.invoice(store)
    bench.pay((6, 20_000))
    bench.sync()
    before = [bench.all(model) for model in (Payment, StrayOutput)]
    assert bench.scan()["found_payments"] == 0
    after = [bench.all(model) for model in (Payment, StrayOutput)]
    assert [[row.txid for row in rows] for rows in after] == [[row.txid for row in rows] for rows in before]
    assert (bench.changes, bench.till.next_index()) == (0, 7)


def test_a_coin_above_the_block_that_we_stand_on_is_the_explorers(bench: Bench) -> None:
    store = bench.store()
    invoice_id = bench.till.invoice(store)
    bench.pay((0, 20_000))
    assert bench.scan()["found_payments"] == 0
    assert bench.all(Payment) == bench.all(StrayOutput) == []
    bench.sync()
    assert (len(bench.all(Payment)), bench.status(invoice_id)) == (1, ("Settled", "None"))


def test_a_payment_found_by_a_scan_leaves_the_chain_like_any_other(own_bench: Bench) -> None:
    bench = own_bench
    invoice_id = bench.till.invoice(bench.store())
    bench.work(1)
    txid = bench.pay((0, 20_000))
    bench.sync()
    bench.forget_payments()
    bench.change(lambda session: session.get_one(Invoice, invoice_id).__setattr__("status", "New"))
    assert bench.scan()["found_payments"] == 1
    bench.node.payer.reorg_out(txid)
    bench.sync()
    (payment,) = bench.all(Payment)
    assert (payment.height, payment.status) == (None, "Unaccounted")


def test_a_coin_in_a_block_that_left_the_chain_is_not_recorded(own_bench: Bench) -> None:
    bench = own_bench
    bench.till.invoice(bench.store())
    txid = bench.pay((0, 20_000))
    bench.sync()
    bench.forget_payments()
    scanner = bench.scanner._scanner
    found = scanner.scan(parse_account_key(bench.key, "regtest").descriptor, 0, 10, lambda _: None)
    bench.node.payer.reorg_out(txid)
    assert [scanner.evidence(coin) for coin in found] == [None]


def test_a_coin_older_than_the_invoice_at_its_address_pays_no_invoice(own_bench: Bench) -> None:
    bench = own_bench
    bench.pay((0, 20_000))
    bench.node.advance(3 * 3600)
    bench.node.mine(12)
    invoice_id = bench.till.invoice(bench.store())
    done = bench.work(1)
    assert (done["found_payments"], len(bench.all(StrayOutput)), bench.all(Payment)) == (0, 1, [])
    assert (bench.status(invoice_id), bench.till.next_index()) == (("New", "None"), 1)


def test_what_confirms_after_a_restore_was_scanned_is_found_a_day_later(own_bench: Bench) -> None:
    bench = own_bench
    store = bench.store()
    bench.work(1)
    lost = [bench.till.index(store) for _ in range(3)]
    bench.set_next_index(1)
    bench.change(lambda session: [session.execute(delete(model)) for model in (Event, Prompt, Invoice)])
    assert bench.till.index(store) == 20
    assert bench.work(2)["reason"] == "restore"
    bench.pay((lost[2], 20_000))
    bench.sync()
    assert bench.work(3)["state"] == "waiting"
    bench.node.advance(25 * 3600)
    later = bench.work(3)
    assert (later["reason"], later["state"], later["found_outputs"]) == ("restore_later", "done", 1)
    assert [row.address_index for row in bench.all(StrayOutput)] == [2]


def test_a_mined_reward_is_found_as_one(bench: Bench) -> None:
    bench.node.mine(1, to=bench.address(2))
    bench.store()
    bench.work(1)
    assert [(row.address_index, row.is_coinbase) for row in bench.all(StrayOutput)] == [(2, True)]


def test_lost_history_on_a_pruned_node_is_found_again(tmp_path: Path) -> None:
    with Node(tmp_path / "node") as node:
        node.restart("-prune=1", "-fastprune")
        till = Till(tmp_path / "data", node=node)
        bench = Bench(till, node)
        store = bench.store()
        bench.work(1)
        paid, other = till.invoice(store), till.invoice(store)
        bench.pay((0, 20_000), (25, 50_000))
        node.mine(700)
        pruned_to = node.rpc("pruneblockchain", node.height() - 300)
        assert pruned_to > 102
        bench.explorer = till.services.explorer(till.app)
        bench.sync()
        assert bench.explorer.state()[0] is NodeState.HISTORY_LOST
        done = bench.work(2)
        assert (done["reason"], done["state"], done["found_payments"]) == ("history_lost", "done", 1)
        (payment,) = bench.all(Payment)
        assert (payment.status, payment.value_sats, payment.invoice_id) == ("Settled", 20_000, paid)
        assert bench.explorer.state()[0] is NodeState.READY
        assert (bench.status(paid), bench.status(other)) == (("Settled", "None"), ("New", "None"))
        assert [row.address_index for row in bench.all(StrayOutput)] == [25]
        assert till.index(store) == 26
        till.rest()
