"""Two who assess one invoice at the same time take turns: neither works on what the other one is about to change."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from app.db.models import Invoice, Payment, Wallet, db
from app.db.session import assessing_change, change
from app.domain.chain import Outpoint, Sighting
from app.domain.invoice import Status
from app.domain.scan import Evidence, FoundOutput
from app.usecases.expire_invoices import expire_invoice
from app.usecases.mark_invoice import mark_invoice
from app.usecases.record_scan import record_scan
from app.usecases.request_scan import ScanReason, request_scan
from app.usecases.scan_wallet import start_next_scan
from regtest.waiting import wait_until
from tests.integration.test_record_chain import PRICE_SATS, Books, all_outputs, books, transaction

__all__ = ["books"]

HALF = PRICE_SATS // 2
SECONDS = 20
on_postgresql = pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)


@contextmanager
def caught_after_assessing(books: Books, first: Callable[[], None]) -> Iterator[None]:
    """`first` runs until it has assessed and is about to write; it goes on when the block ends."""
    reached, go_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=first)

    def hold(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.current_thread() is thread and statement.startswith(("INSERT INTO events", "UPDATE invoices")):
            reached.set()
            go_on.wait(SECONDS)

    with books.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hold)
    thread.start()
    try:
        assert reached.wait(SECONDS)
        yield
    finally:
        go_on.set()
        thread.join()
        event.remove(engine, "before_cursor_execute", hold)


def somebody_waits(url: str) -> bool:
    """Does a transaction of the database wait for another one?"""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url) as connection:
        return connection.execute(waiting).fetchone() is not None


def meanwhile(url: str, second: Callable[[], None]) -> threading.Thread:
    """`second` has ended or waits for the first one when this returns."""
    thread = threading.Thread(target=second)
    thread.start()
    wait_until(lambda: not thread.is_alive() or somebody_waits(url), "the second one to end or to wait")
    return thread


def run_both(books: Books, url: str, first: Callable[[], None], second: Callable[[], None]) -> None:
    """`second` comes while `first` has assessed and not written yet."""

    def in_context() -> None:
        with books.app.app_context():
            second()

    with caught_after_assessing(books, first):
        other = meanwhile(url, in_context)
    other.join()


@on_postgresql
def test_a_mark_that_meets_a_payment_stays(books: Books, migrated_url: str) -> None:
    invoice, script = books.invoice()
    run_both(
        books,
        migrated_url,
        lambda: books.see(transaction((PRICE_SATS, script))),
        lambda: mark_invoice(invoice, Status.INVALID, books.clock.now()),
    )
    assert books.status(invoice) == "Invalid"
    assert books.events(invoice) == ["receivedPayment", "paidInFull", "markedInvalid"]
    books.mine()
    assert books.status(invoice) == "Invalid"


@on_postgresql
def test_two_payments_that_meet_are_counted_together(books: Books, migrated_url: str) -> None:
    invoice, script = books.invoice()
    one, other = transaction((HALF, script)), transaction((HALF, script))
    run_both(books, migrated_url, lambda: books.see(one), lambda: books.see(other))
    assert (books.status(invoice), books.payments(invoice)) == ("Processing", [(HALF, "Processing")] * 2)
    assert books.events(invoice) == ["receivedPayment", "receivedPayment", "paidInFull"]


@on_postgresql
def test_a_payment_in_time_that_meets_the_expiry_keeps_the_window_open(
    books: Books, migrated_url: str, tmp_path: Path
) -> None:
    invoice, script = books.invoice()
    tx = transaction((PRICE_SATS, script))
    sighting = Sighting(tx, books.clock.now(), all_outputs(tx))
    (tmp_path / "clock").write_text("2000")
    books.record.observed(books.clock.now())
    run_both(
        books,
        migrated_url,
        lambda: books.record.see_mempool([sighting]),
        lambda: (expire_invoice(invoice, "regtest", books.clock.now()), None)[1],
    )
    assert books.status(invoice) == "Processing"
    assert books.events(invoice) == ["receivedPayment", "paidInFull"]


@on_postgresql
def test_a_payment_that_a_scan_finds_meets_one_that_is_announced(books: Books, migrated_url: str) -> None:
    invoice, script = books.invoice()
    announced, mined = transaction((HALF, script)), transaction((HALF, script))
    coin = FoundOutput(Outpoint(mined.txid, 0), 0, script, HALF, books.tip.height, books.tip.hash, False)
    books.record.observed(books.clock.now())
    with books.app.app_context():
        with change() as session:
            session.add(Wallet(id=1, network="regtest", descriptor="d", next_index=5, created_at=books.clock.now()))
        request_scan(1, ScanReason.COMMAND, books.clock.now())
        job = start_next_scan("regtest", books.clock.now())
    assert job is not None
    header = replace(books.tip, time=books.clock.now(), median_time=books.clock.now())
    scan_id, evidence = job.id, {coin.outpoint: Evidence(header, mined)}

    def end_of_scan() -> None:
        record_scan(scan_id, [coin], evidence, 1_000, books.clock.now())

    run_both(books, migrated_url, lambda: books.see(announced), end_of_scan)
    assert books.status(invoice) == "Processing"
    assert sorted(books.payments(invoice), key=str) == [(HALF, "Processing"), (HALF, "Settled")]


@on_postgresql
def test_making_an_invoice_waits_for_nobody_who_assesses(books: Books, migrated_url: str) -> None:
    _, script = books.invoice()
    with caught_after_assessing(books, lambda: books.see(transaction((PRICE_SATS, script)))):
        made = meanwhile(migrated_url, lambda: (books.invoice(), None)[1])
        assert not made.is_alive()


def test_nothing_that_invoices_are_assessed_by_is_written_out_of_turn(books: Books) -> None:
    invoice, script = books.invoice()
    books.see(transaction((HALF, script)))
    with books.app.app_context():
        with pytest.raises(RuntimeError, match="assessing_change"), change() as session:
            session.get_one(Invoice, invoice).status = "Settled"
        with pytest.raises(RuntimeError, match="assessing_change"), change() as session:
            session.query(Payment).one().at_risk = True
        with change() as session:
            session.get_one(Invoice, invoice).archived = True
        with assessing_change() as session:
            session.query(Payment).one().at_risk = True
        with pytest.raises(RuntimeError, match="assessing_change"), change() as session:
            session.get_one(Invoice, invoice).additional_status = "Marked"
    assert books.status(invoice) == "New"
