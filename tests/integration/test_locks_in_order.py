"""Changes that lock the same rows on PostgreSQL take them in the order that app.db.session tells."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event, select

from app.db.models import Delivery, Mismatch, db
from app.db.queries import reading
from app.domain.bridge_times import ActKind
from app.domain.invoice import Status
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.refund import Asked, Variant
from app.domain.watch import Intention
from app.errors import NotAllowed
from app.usecases.deliver import finish_attempt, start_attempt
from app.usecases.mark_invoice import mark_invoice
from app.usecases.open_mismatch import open_mismatch
from app.usecases.refund_invoice import NewRefund, refund_invoice
from app.usecases.remedy_mismatch import settle_mismatch
from app.usecases.resolve_mismatch import resolve_mismatch
from app.usecases.set_metadata import set_metadata
from regtest.waiting import wait_until
from tests.integration.bridge_bench import BridgeBench
from tests.integration.delivery_bench import event_type
from tests.integration.test_assessing_in_turn import SECONDS, somebody_waits

pytestmark = pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)

LOCK_TIMEOUT = f"options=-c%20lock_timeout%3D{SECONDS}s"  # who waits for longer is told that, and does not hang
HOOK = "https://shop.example/hook"
ORDER = 7


@dataclass(frozen=True)
class ServerError:
    """How a shop answered."""

    status: int = 500
    error: str | None = None
    excerpt: str = ""
    duration_ms: int = 3


class LockBench(BridgeBench):
    """A paid order whose invoice a person may have to see to, and two who change it at the same time."""

    def prepare(self, url: str) -> None:
        self._url = url
        self.connect()
        self.webhook(HOOK)
        self.paid = self.place(ORDER)
        self.pay(self.paid, to="Processing")
        self.watched = self.watch(ORDER).id

    def disagree(self) -> int:
        """The id of a mismatch about the invoice."""
        now = self.clock.now()
        with self.app.app_context():
            open_mismatch(self.watched, self.paid, MismatchKind.SHORT, {"act": "raise"}, now)
            return reading().scalars(select(Mismatch.id)).one()

    def intend(self) -> Callable[[], object]:
        """To write down that the order is to be set to paid."""
        with self.app.app_context():
            ledger = self.ledger()
            assert ledger.claim(self.watched)
            view = ledger.invoices([self.watched])[self.watched][0].view
        write = Intention(self.watched, self.paid, ActKind.WRITE, "set_paid", "paid", sent={}, expects={}, view=view)
        return lambda: self.ledger().intend(write)

    def mark(self) -> None:
        mark_invoice(self.paid, Status.SETTLED, self.clock.now())

    def refund(self) -> object:
        asked = NewRefund(Asked(Variant.RATE_THEN), "BTC-CHAIN", known=0)
        around = self.app.extensions["sattle"].payout_surroundings()
        return refund_invoice(self.paid, asked, around, self.clock.now())

    def both(self, first: Callable[[], object], at: str, second: Callable[[], object]) -> None:
        """`second` comes when `first` is about to say `at`, and has ended or waits when that goes on. Both succeed."""
        reached, go_on, callers = threading.Event(), threading.Event(), set[int]()

        def hold(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if threading.get_ident() in callers and statement.startswith(at):
                reached.set()
                go_on.wait(SECONDS)

        def run(job: Callable[[], object], *, held: bool = False) -> None:
            if held:
                callers.add(threading.get_ident())
            with self.app.app_context():
                job()

        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", hold)
        try:
            with ThreadPoolExecutor(2) as threads:
                one = threads.submit(run, first, held=True)
                assert reached.wait(SECONDS), one
                other = threads.submit(run, second)
                wait_until(lambda: other.done() or somebody_waits(self._url), "the second one to end or to wait")
                go_on.set()
                one.result(SECONDS)
                other.result(SECONDS)
        finally:
            go_on.set()
            event.remove(engine, "before_cursor_execute", hold)


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str) -> Iterator[LockBench]:
    made = LockBench(tmp_path, f"{migrated_url}{'&' if '?' in migrated_url else '?'}{LOCK_TIMEOUT}")
    made.prepare(migrated_url)
    yield made
    made.stop()


def test_an_invoice_is_marked_while_a_write_for_it_is_intended(bench: LockBench) -> None:
    bench.both(bench.intend(), "SELECT invoices.", bench.mark)
    assert bench.acts() == [("write", "intended")]
    assert bench.stored(bench.paid) == ("Settled", "Marked")


def test_a_write_that_is_to_be_intended_while_the_invoice_is_marked_is_decided_anew(bench: LockBench) -> None:
    bench.both(bench.mark, "UPDATE watched_orders", bench.intend())
    assert bench.acts() == []


def test_an_invoice_gets_other_metadata_while_a_write_for_it_is_intended(bench: LockBench) -> None:
    told = {"orderId": "8", "posData": '{"WooCommerce": {"Order ID": 8}}'}
    bench.both(bench.intend(), "SELECT invoices.", lambda: set_metadata(bench.paid, told, bench.clock.now()))
    assert bench.acts() == [("write", "intended")]


def test_a_refund_is_offered_while_a_write_is_intended(bench: LockBench) -> None:
    bench.pay(bench.paid)
    bench.both(bench.intend(), "SELECT invoices.", bench.refund)
    assert bench.acts() == [("write", "intended")]


def test_a_shops_answer_is_kept_while_a_person_settles_what_order_and_invoice_disagree_about(bench: LockBench) -> None:
    mismatch = bench.disagree()
    answer(bench, lambda: settle_mismatch(mismatch, "Ann", "", bench.clock.now()))
    assert bench.mismatches() == [("short", False)]


def test_a_shops_answer_is_kept_while_a_person_leaves_a_mismatch(bench: LockBench) -> None:
    mismatch = bench.disagree()
    answer(bench, lambda: resolve_mismatch(mismatch, "Ann", Remedy.LEAVE, "", bench.clock.now()))
    assert bench.mismatches() == [("short", False)]


def test_a_mismatch_is_left_while_a_refund_is_offered_for_it(bench: LockBench) -> None:
    mismatch = bench.disagree()
    bench.pay(bench.paid)

    def leave() -> None:
        with pytest.raises(NotAllowed, match="seen to it already"):
            resolve_mismatch(mismatch, "Ann", Remedy.LEAVE, "", bench.clock.now())

    bench.both(bench.refund, "INSERT INTO events", leave)
    assert bench.mismatches() == [("short", False)]


def answer(bench: LockBench, meanwhile: Callable[[], object]) -> None:
    """The shop answers, `meanwhile` comes when its order is rung, and what it answered is kept."""
    with bench.app.app_context():
        delivery = reading().scalars(select(Delivery.id).order_by(Delivery.id).limit(1)).one()
        job = start_attempt(delivery, "worker-1", event_type, bench.clock.now())
    assert job is not None
    bench.both(lambda: finish_attempt(job, ServerError(), bench.clock.now(), 0.5), "SELECT deliveries.", meanwhile)
    assert bench.attempts(bench.paid)[0] == (500, True)
