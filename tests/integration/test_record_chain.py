"""What the chain says, as it is written down: on both databases, with transactions made here."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import create_app
from app.chain.codec import decode_transaction
from app.db.models import Invoice, Payment, Prompt, SpentOutpoint, Store, Wallet, WatchedTransaction, db
from app.db.queries import reading, whole_invoice
from app.db.queries_chain import alerts_of, open_alerts
from app.db.session import assessing_change, change
from app.domain.chain import WATCHED_DEPTH, BlockHeader, Outpoint, Sighting, Transaction
from app.domain.scan import Evidence, FoundOutput
from app.errors import NotFound, SattleError
from app.settings import Settings
from app.usecases.acknowledge_alert import acknowledge_alert
from app.usecases.record_chain import ChainRecord
from app.usecases.record_scan import record_scan
from app.usecases.scan_wallet import start_next_scan

NUMBERS = itertools.count(1)
EPOCH = datetime(2026, 11, 25, 12, tzinfo=UTC)
PRICE_SATS = 20_000


def transaction(*outputs: tuple[int, bytes], spends: tuple[Outpoint, ...] = ()) -> Transaction:
    """A transaction that nobody signed. Without `spends` it spends coins of its own."""
    coins = spends or (Outpoint(f"{next(NUMBERS):064x}", 0),)
    raw = b"\x02\0\0\0" + bytes([len(coins)])
    raw += b"".join(coin.raw + b"\0" + b"\xff" * 4 for coin in coins) + bytes([len(outputs)])
    raw += b"".join(value.to_bytes(8, "little") + bytes([len(script)]) + script for value, script in outputs)
    return decode_transaction(raw + bytes(4))


class Books:
    """A record on a database of its own, a chain of headers, and invoices of 20,000 sats."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.clock = app.extensions["sattle"].clock
        self.record = ChainRecord(app, "regtest", self.clock, lambda: None)
        self.tip = self._header(100, "genesis")
        self.record.start_at(self.tip, "genesis")
        with app.app_context(), change() as session:
            session.add(Store(id="shop", name="shop", created_at=EPOCH))

    def _header(self, height: int, prev_hash: str) -> BlockHeader:
        moment = EPOCH + timedelta(minutes=next(NUMBERS))
        return BlockHeader(f"block-{height}-{next(NUMBERS)}", prev_hash, height, moment, moment)

    def invoice(self, policy: str = "MediumSpeed") -> tuple[str, bytes]:
        """(id, scriptPubKey) of a new invoice."""
        number = next(NUMBERS)
        name, script, now = f"invoice-{number}", b"\x00\x14" + number.to_bytes(20, "big"), self.clock.now()
        with self.app.app_context(), change() as session:
            invoice = Invoice(
                id=name,
                store_id="shop",
                price=Decimal(10),
                currency="EUR",
                is_top_up=False,
                tolerance_percent=Decimal(0),
                speed_policy=policy,
                network_fee_mode="Never",
                created_at=now,
                expires_at=now + timedelta(minutes=15),
                monitoring_ends_at=now + timedelta(days=1),
                details={},
            )
            invoice.prompts.append(
                Prompt(
                    payment_method="BTC-CHAIN",
                    destination=name,
                    rate=Decimal(50_000),
                    rate_source="fixed",
                    rate_at=now,
                    network="regtest",
                    script_pubkey=script,
                )
            )
            session.add(invoice)
        return name, script

    def see(self, *transactions: Transaction, verified: bool = True) -> None:
        sightings = [
            Sighting(tx, self.clock.now(), all_outputs(tx) if verified else frozenset()) for tx in transactions
        ]
        self.record.see_mempool(sightings)

    def mine(self, *transactions: Transaction, verified: bool = True) -> BlockHeader:
        """The next block; it verifies what it holds and what it buries."""
        self.tip = self._header(self.tip.height + 1, self.tip.hash)
        ours = self.record.concerning(transactions)
        claims = self.record.to_verify(ours, self.tip)
        confirmed = frozenset(claim.outpoint for claim in claims) if verified else frozenset()
        self.record.connect_block(self.tip, ours, confirmed)
        return self.tip

    def take_back(self) -> None:
        """The newest block leaves the chain."""
        self.record.disconnect_block(self.tip)
        before = self.record.tip()
        assert before is not None
        self.tip = before

    def status(self, invoice: str) -> str:
        with self.app.app_context():
            return reading().get_one(Invoice, invoice).status

    def payments(self, invoice: str) -> list[tuple[int, str | None]]:
        """(value, status) in the order of the outpoints."""
        with self.app.app_context():
            row = whole_invoice(reading(), invoice)
            assert row is not None
            return [(p.value_sats, p.status) for p in sorted(row.payments, key=lambda p: (p.txid, p.vout))]

    def events(self, invoice: str) -> list[str]:
        with self.app.app_context():
            row = reading().get_one(Invoice, invoice)
            return [event.type.removeprefix("invoice_") for event in row.events]

    def alerts(self, invoice: str) -> list[tuple[str, bool]]:
        """(outpoint, has it ended) of each."""
        with self.app.app_context():
            return [(alert.outpoint, alert.ended_at is not None) for alert in alerts_of(reading(), invoice)]


def all_outputs(tx: Transaction) -> frozenset[Outpoint]:
    return frozenset(Outpoint(tx.txid, vout) for vout in range(len(tx.outputs)))


@pytest.fixture
def books(migrated_url: str, tmp_path: Path) -> Iterator[Books]:
    environment = {
        "SATTLE_NETWORK": "regtest",
        "SATTLE_DATA_DIR": str(tmp_path),
        "SATTLE_LOG_LEVEL": "WARNING",
        "SATTLE_TEST_CLOCK": str(tmp_path / "clock"),
        "DATABASE_URL": migrated_url,
    }
    app = create_app(Settings.from_environment(environment))
    yield Books(app)
    with app.app_context():
        db.engine.dispose()


# Settling


def test_a_payment_is_seen_confirmed_and_settled(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script), (5, b"\x51"))
    books.see(tx)
    assert (books.status(invoice), books.payments(invoice)) == ("Processing", [(PRICE_SATS, "Processing")])
    books.mine(tx)
    assert (books.status(invoice), books.payments(invoice)) == ("Settled", [(PRICE_SATS, "Settled")])
    assert books.events(invoice) == ["receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]


def test_nothing_settles_that_the_node_has_not_confirmed(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx, verified=False)
    books.mine(verified=False)
    assert (books.status(invoice), books.payments(invoice)) == ("Processing", [(PRICE_SATS, "Processing")])
    books.mine()
    assert (books.status(invoice), books.payments(invoice)) == ("Settled", [(PRICE_SATS, "Settled")])


def test_a_fast_invoice_settles_in_the_mempool_only_what_the_node_has_confirmed(books: Books) -> None:
    (first, first_script), (second, second_script) = books.invoice("HighSpeed"), books.invoice("HighSpeed")
    books.see(transaction((PRICE_SATS, first_script)))
    books.see(transaction((PRICE_SATS, second_script)), verified=False)
    assert (books.status(first), books.status(second)) == ("Settled", "Processing")


def test_a_slow_invoice_settles_with_the_block_that_buries_it_deep_enough(books: Books) -> None:
    invoice, script = books.invoice("LowSpeed")
    books.mine(transaction((PRICE_SATS, script)))
    for _ in range(4):
        books.mine()
    assert books.status(invoice) == "Processing"
    books.mine()
    assert books.status(invoice) == "Settled"


def test_a_block_pays_many_invoices_in_one_change(books: Books) -> None:
    made = [books.invoice() for _ in range(30)]
    both = transaction(*((PRICE_SATS, script) for _, script in made[:2]))
    books.mine(both, *(transaction((PRICE_SATS, script)) for _, script in made[2:]))
    assert {books.status(invoice) for invoice, _ in made} == {"Settled"}


def test_the_same_block_read_again_changes_nothing(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    header = books.mine(tx)
    events = books.events(invoice)
    books.record.reread_block(header, [tx], all_outputs(tx))
    assert (books.payments(invoice), books.events(invoice)) == ([(PRICE_SATS, "Settled")], events)


# Conflicts


def test_a_replacement_and_what_it_replaces_change_in_one_step(books: Books) -> None:
    invoice, script = books.invoice()
    first = transaction((PRICE_SATS, script))
    books.see(first)
    bumped = transaction((PRICE_SATS, script), (1, b"\x51"), spends=(Outpoint.from_raw(first.spent[0]),))
    books.see(bumped)
    assert sorted(books.payments(invoice), key=str) == [(PRICE_SATS, "Processing"), (PRICE_SATS, "Unaccounted")]
    assert books.events(invoice) == ["receivedPayment", "paidInFull", "receivedPayment"]
    books.mine(bumped)
    assert books.status(invoice) == "Settled"


def test_a_payment_falls_with_what_it_stands_on_in_any_generation(books: Books) -> None:
    invoice, script = books.invoice()
    parent = transaction((90_000, b"\x51"))
    child = transaction((80_000, b"\x51"), spends=(Outpoint(parent.txid, 0),))
    grandchild = transaction((PRICE_SATS, script), spends=(Outpoint(child.txid, 0),))
    books.record.see_mempool([Sighting(grandchild, books.clock.now(), all_outputs(grandchild))], [parent, child])
    conflict = transaction((1, b"\x51"), spends=(Outpoint.from_raw(parent.spent[0]),))
    books.mine(conflict)
    assert (books.status(invoice), books.payments(invoice)) == ("New", [(PRICE_SATS, "Unaccounted")])


def rivals(*scripts: bytes) -> list[Transaction]:
    """Transactions that spend one coin, each to another script; none pays the whole price."""
    coin = Outpoint(f"{next(NUMBERS):064x}", 0)
    return [transaction((12_000 + number, script), spends=(coin,)) for number, script in enumerate(scripts)]


def test_a_replaced_payment_that_is_back_takes_its_replacement_out_of_account_in_one_step(books: Books) -> None:
    invoice, script = books.invoice()
    first, second = rivals(script, script)
    books.see(first)
    books.see(second)
    books.record.mark_in_mempool(first.txid)
    assert dict(books.payments(invoice)) == {12_000: "Processing", 12_001: "Unaccounted"}
    assert books.events(invoice) == ["receivedPayment", "receivedPayment"], "12,000 sats twice would have paid it"


def test_a_payment_that_is_back_takes_out_of_account_what_conflicts_with_what_it_stands_on(books: Books) -> None:
    (one, script), (other, other_script) = books.invoice(), books.invoice()
    parent, rival = rivals(b"\x51", other_script)
    child = transaction((PRICE_SATS, script), spends=(Outpoint(parent.txid, 0),))
    books.record.see_mempool([Sighting(child, books.clock.now(), all_outputs(child))], [parent])
    books.see(rival)
    assert (books.payments(one), books.payments(other)) == ([(PRICE_SATS, "Unaccounted")], [(12_001, "Processing")])
    books.record.mark_in_mempool(child.txid)
    assert (books.payments(one), books.payments(other)) == ([(PRICE_SATS, "Processing")], [(12_001, "Unaccounted")])
    books.see(rival)
    books.record.see_mempool([Sighting(child, books.clock.now(), all_outputs(child))], [parent])
    assert (books.payments(one), books.payments(other)) == ([(PRICE_SATS, "Processing")], [(12_001, "Unaccounted")])


def test_what_the_mempool_says_of_another_chain_counts_once_that_chain_is_followed(books: Books) -> None:
    """The node has left the block already; we have not heard of it."""
    invoice, script = books.invoice("HighSpeed")
    first, second = rivals(script, script)
    books.mine(first)
    books.see(second)
    books.record.mark_in_mempool(second.txid)
    assert dict(books.payments(invoice)) == {12_000: "Settled", 12_001: "Unaccounted"}
    books.take_back()
    books.record.mark_in_mempool(second.txid)
    assert dict(books.payments(invoice)) == {12_000: "Unaccounted", 12_001: "Processing"}


STEPS = ("see", "back", "evict", "lose", "mine", "reorg")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), max_size=12))
def test_whatever_is_said_of_payments_with_one_coin_at_most_one_counts(
    books: Books, steps: list[tuple[str, int]]
) -> None:
    """None of the events either, each of which tells what was counted when it happened."""
    invoice, script = books.invoice()
    made = rivals(script, script, script)
    mined = False
    for step, number in [("see", 0), ("see", 1), *steps]:
        tx = made[number]
        if step == "see":
            books.see(tx)
        elif step == "back":
            books.record.mark_in_mempool(tx.txid)
        elif step == "evict":
            books.record.mark_evicted(tx.txid)
        elif step == "lose":
            books.record.mark_replaced(tx.txid, None)
        elif step == "mine" and not mined:
            books.mine(tx)
            mined = True
        elif step == "reorg" and mined:
            books.take_back()
            mined = False
        counted = [status for _, status in books.payments(invoice) if status != "Unaccounted"]
        assert len(counted) <= 1
    with books.app.app_context():
        events = reading().get_one(Invoice, invoice).events
        assert all(event.payload["accountedSats"] <= 12_002 for event in events)


def test_a_payment_that_was_replaced_once_settles_in_a_block_only(books: Books) -> None:
    """In the shop of somebody in a hurry, although it signals that it is final."""
    invoice, script = books.invoice("HighSpeed")
    tx = transaction((PRICE_SATS // 2, script))
    books.see(tx)
    assert books.payments(invoice) == [(PRICE_SATS // 2, "Settled")]
    books.record.mark_replaced(tx.txid, "a rival")
    books.record.mark_in_mempool(tx.txid)
    assert books.payments(invoice) == [(PRICE_SATS // 2, "Processing")]
    books.mine(tx)
    assert books.payments(invoice) == [(PRICE_SATS // 2, "Settled")]


def test_a_replaced_payment_and_what_it_stands_on_are_known_to_be_replaced(books: Books) -> None:
    _, script = books.invoice()
    parent, rival = rivals(b"\x51", b"\x51")
    child = transaction((PRICE_SATS, script), spends=(Outpoint(parent.txid, 0),))
    books.record.see_mempool([Sighting(child, books.clock.now(), all_outputs(child))], [parent])
    assert {tx.txid: tx.replaced_by for tx in books.record.unconfirmed()} == {parent.txid: None, child.txid: None}
    books.see(rival)
    known = {tx.txid: tx.replaced_by for tx in books.record.unconfirmed()}
    assert known == {parent.txid: rival.txid, child.txid: rival.txid}


# Reorgs, and what had settled


def test_a_payment_that_moves_to_another_block_raises_no_alert(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx)
    books.take_back()
    books.mine(tx)
    books.record.review_settled()
    assert (books.status(invoice), books.alerts(invoice)) == ("Settled", [])


def test_a_settled_payment_that_is_lost_raises_a_lasting_alert_and_unsettles_nothing(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx)
    books.take_back()
    thief = transaction((1, b"\x51"), spends=(Outpoint.from_raw(tx.spent[0]),))
    books.mine(thief)
    for _ in range(2):
        books.record.review_settled()
    assert (books.status(invoice), books.payments(invoice)) == ("Settled", [(PRICE_SATS, "Unaccounted")])
    assert books.alerts(invoice) == [(f"{tx.txid}-0", False)]
    assert books.events(invoice)[-1] == "settledPaymentLost"
    with books.app.app_context():
        (alert,) = open_alerts(reading())
        assert f"{PRICE_SATS} sats" in alert.message
        assert thief.txid in alert.message
        acknowledge_alert(alert.id, books.clock.now())
        assert open_alerts(reading()) == []
        with pytest.raises(NotFound, match="no alert 999"):
            acknowledge_alert(999, books.clock.now())
    assert books.alerts(invoice) == [(f"{tx.txid}-0", False)], "it stays on record"


def test_money_that_was_lost_before_its_invoice_was_settled_by_other_money_raises_no_alert(books: Books) -> None:
    invoice, script = books.invoice()
    lost = transaction((PRICE_SATS // 2, script))
    books.mine(lost)
    books.take_back()
    books.mine(transaction((1, b"\x51"), spends=(Outpoint.from_raw(lost.spent[0]),)))
    books.mine(transaction((PRICE_SATS, script)))
    books.record.review_settled()
    assert (books.status(invoice), books.alerts(invoice)) == ("Settled", [])


def test_an_alert_ends_when_the_payment_comes_back_and_is_raised_again_when_it_is_lost_again(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx)
    books.take_back()
    books.record.review_settled()
    assert books.alerts(invoice) == [(f"{tx.txid}-0", False)]
    books.mine(tx)
    books.record.review_settled()
    assert books.alerts(invoice) == [(f"{tx.txid}-0", True)]
    books.take_back()
    books.record.review_settled()
    assert books.alerts(invoice) == [(f"{tx.txid}-0", False)]
    told = [event for event in books.events(invoice) if event.startswith("settledPayment")]
    assert told == ["settledPaymentLost", "settledPaymentReturned", "settledPaymentLost"]


def test_a_fast_payment_that_was_settled_and_is_replaced_raises_an_alert(books: Books) -> None:
    invoice, script = books.invoice("HighSpeed")
    tx = transaction((PRICE_SATS, script))
    books.see(tx)
    books.record.mark_replaced(tx.txid, None)
    books.record.review_settled()
    assert (books.status(invoice), books.alerts(invoice)) == ("Settled", [(f"{tx.txid}-0", False)])


def test_an_alert_says_what_became_of_the_money_and_the_log_says_it_too(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    def told(invoice: str) -> str:
        books.record.review_settled()
        with books.app.app_context():
            (alert,) = alerts_of(reading(), invoice)
            message = alert.message
        logged = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert f"invoice {invoice}: {message}" in logged
        return message

    evicted, script = books.invoice("HighSpeed")
    tx = transaction((PRICE_SATS, script))
    books.see(tx)
    books.record.mark_evicted(tx.txid)
    assert "20000 sats that had settled at 0 confirmations left the node's mempool" in told(evicted)
    reorged, script = books.invoice()
    books.mine(transaction((PRICE_SATS, script)))
    books.take_back()
    assert "their block was replaced" in told(reorged)
    replaced, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx)
    books.take_back()
    books.record.mark_replaced(tx.txid, None)
    assert "their coins were spent otherwise" in told(replaced)


def test_a_slow_payment_that_is_less_deep_for_a_while_is_not_lost(books: Books) -> None:
    invoice, script = books.invoice("LowMediumSpeed")
    books.mine(transaction((PRICE_SATS, script)))
    books.mine()
    books.take_back()
    books.record.review_settled()
    assert (books.payments(invoice), books.alerts(invoice)) == ([(PRICE_SATS, "Processing")], [])
    books.mine()
    assert books.payments(invoice) == [(PRICE_SATS, "Settled")]


def test_a_payment_whose_row_names_another_block_than_the_one_we_hold_is_unconfirmed(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx)
    with books.app.app_context(), assessing_change() as session:
        session.query(Payment).one().block_hash = "a block of another branch"
    books.mine(transaction((PRICE_SATS, books.invoice()[1])))
    books.record.review_settled()
    books.record.review_settled()
    assert (books.payments(invoice), books.alerts(invoice)) == (
        [(PRICE_SATS, "Processing")],
        [(f"{tx.txid}-0", False)],
    )


def test_what_our_payments_stand_on_is_watched_from_the_block_that_held_it_on(books: Books) -> None:
    """In one block with the payment, or in one before it that leaves the chain as well."""
    _, script = books.invoice()
    first = transaction((90_000, b"\x51"))
    second = transaction((80_000, b"\x51"), spends=(Outpoint(first.txid, 0),))
    stranger = transaction((1, b"\x51"))
    beside = transaction((70_000, b"\x51"), spends=(Outpoint(second.txid, 0),))
    paying = transaction((PRICE_SATS, script), spends=(Outpoint(beside.txid, 0),))
    earlier = books.mine(first, second, stranger)
    books.tip = books._header(earlier.height + 1, earlier.hash)
    books.record.connect_block(books.tip, [paying], all_outputs(paying), [beside])
    assert books.record.unconfirmed() == []
    books.record.disconnect_block(books.tip, [])
    assert {tx.txid for tx in books.record.unconfirmed()} == {beside.txid, paying.txid}
    books.record.disconnect_block(earlier, [first, stranger, second])
    assert {tx.txid for tx in books.record.unconfirmed()} == {first.txid, second.txid, beside.txid, paying.txid}
    thief = transaction((1, b"\x51"), spends=(Outpoint.from_raw(first.spent[0]),))
    books.see(thief)
    assert {tx.replaced_by for tx in books.record.unconfirmed()} == {thief.txid}


# What is kept


def test_a_block_that_does_not_build_on_ours_is_refused_and_leaves_nothing(books: Books) -> None:
    invoice, script = books.invoice()
    stranger = BlockHeader("stranger", "somewhere else", books.tip.height + 1, EPOCH, EPOCH)
    tx = transaction((PRICE_SATS, script))
    with pytest.raises(SattleError, match="our chain ends in"):
        books.record.connect_block(stranger, [tx], all_outputs(tx))
    assert books.record.tip() == books.tip
    assert books.payments(invoice) == []


def test_what_a_deeply_buried_transaction_spends_is_forgotten_and_its_payment_is_not(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.mine(tx)
    for _ in range(3 * WATCHED_DEPTH):
        books.mine()
    with books.app.app_context():
        assert reading().query(SpentOutpoint).count() == 0
        assert reading().query(WatchedTransaction).one().height == 101
    assert books.payments(invoice) == [(PRICE_SATS, "Settled")]


def test_a_transaction_that_waits_too_long_is_asked_about_no_more_and_still_counts_when_it_is_mined(
    books: Books, tmp_path: Path
) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    books.see(tx)
    assert [waiting.txid for waiting in books.record.unconfirmed()] == [tx.txid]
    (tmp_path / "clock").write_text(str(31 * 24 * 3600))
    assert books.record.unconfirmed() == []
    books.mine(tx)
    assert books.payments(invoice) == [(PRICE_SATS, "Settled")]
    books.take_back()
    assert [waiting.txid for waiting in books.record.unconfirmed()] == [tx.txid], "it waits anew"


def test_blocks_that_were_lost_are_remembered_until_every_wallet_was_scanned_in_their_place(books: Books) -> None:
    assert not books.record.has_gap()
    with books.app.app_context(), change() as session:
        session.add_all(Wallet(network="regtest", descriptor=name, created_at=EPOCH) for name in ("one", "other"))
    books.record.observed(books.clock.now())
    lost_from = books.tip.height + 1
    books.record.skip_to(books._header(books.tip.height + 10, "unknown"), lost_from)
    tip = books.record.tip()
    assert tip is not None
    assert tip.height == lost_from + 9
    for _ in range(2):
        assert books.record.has_gap()
        with books.app.app_context():
            job = start_next_scan("regtest", books.clock.now())
            assert job is not None
            record_scan(job.id, [], {}, 1_000, books.clock.now())
    assert not books.record.has_gap()


def test_blocks_that_were_lost_before_there_was_a_wallet_cost_nothing(books: Books) -> None:
    books.record.skip_to(books._header(books.tip.height + 10, "unknown"), books.tip.height + 1)
    assert not books.record.has_gap()


@pytest.mark.parametrize("bytes_are_kept", [True, False])
def test_a_payment_that_a_scan_finds_takes_what_it_conflicts_with_out_of_account(
    books: Books, bytes_are_kept: bool
) -> None:
    (one, script), (other, other_script) = books.invoice(), books.invoice()
    mined, rival = rivals(script, other_script)
    child = transaction((PRICE_SATS, other_script), spends=(Outpoint(rival.txid, 0),))
    books.see(mined)
    books.see(rival, child)
    assert books.status(other) == "Processing"
    with books.app.app_context(), change() as session:
        session.add(Wallet(network="regtest", descriptor="one", created_at=EPOCH))
    books.record.observed(books.clock.now())
    header = replace(books._header(books.tip.height + 5, "unknown"), time=books.clock.now())
    books.record.skip_to(books._header(books.tip.height + 10, "unknown"), books.tip.height + 1)
    coin = FoundOutput(Outpoint(mined.txid, 0), 0, script, 12_000, header.height, header.hash, False)
    with books.app.app_context():
        job = start_next_scan("regtest", books.clock.now())
        assert job is not None
        evidence = {coin.outpoint: Evidence(header, mined if bytes_are_kept else None)}
        assert record_scan(job.id, [coin], evidence, 1_000, books.clock.now()) == 1
    assert books.payments(one) == [(12_000, "Settled")]
    assert dict(books.payments(other)) == {12_001: "Unaccounted", PRICE_SATS: "Unaccounted"}
    assert (books.status(one), books.status(other)) == ("New", "New")
    with books.app.app_context():
        heights = {row.txid: row.height for row in reading().query(WatchedTransaction)}
    assert heights == {mined.txid: header.height, rival.txid: None, child.txid: None}


def test_a_payment_that_nobody_saw_and_that_has_no_bytes_any_more_is_recorded_and_not_watched(books: Books) -> None:
    invoice, script = books.invoice()
    tx = transaction((1, b"\x51"), (PRICE_SATS, script))
    with books.app.app_context(), change() as session:
        session.add(Wallet(network="regtest", descriptor="one", created_at=EPOCH))
    books.record.observed(books.clock.now())
    header = replace(books._header(books.tip.height + 5, "unknown"), time=books.clock.now())
    books.record.skip_to(books._header(books.tip.height + 10, "unknown"), books.tip.height + 1)
    coin = FoundOutput(Outpoint(tx.txid, 1), 0, script, PRICE_SATS, header.height, header.hash, False)
    with books.app.app_context():
        job = start_next_scan("regtest", books.clock.now())
        assert job is not None
        record_scan(job.id, [coin], {coin.outpoint: Evidence(header, None)}, 1_000, books.clock.now())
        assert reading().query(WatchedTransaction).all() == []
    assert (books.status(invoice), books.payments(invoice)) == ("Settled", [(PRICE_SATS, "Settled")])
