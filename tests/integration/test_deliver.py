"""Deliveries: in order, again and again, and nobody waits for somebody else's dead endpoint."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from app.clock import Clock
from app.db.models import Attempt, Delivery, Endpoint, Event, Invoice, Store, db
from app.db.session import change
from app.db.worker_locks import worker_locks
from app.delivery_pool import PER_HOST, THREADS, DeliveryPool
from app.domain.ids import new_id
from app.notify import Door
from app.settings import Settings
from app.usecases.deliver import due, release_dead, start_attempt
from app.worker import guard
from regtest.waiting import wait_until


class Shop:
    """An endpoint that notes what it gets and answers as told: a status by path, or silence until `let_go`."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.statuses: dict[str, int] = defaultdict(lambda: 200)
        self.let_go = threading.Event()
        self.let_go.set()
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                shop.take(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.got.append(body)
        self.let_go.wait(20)
        with self._lock:
            self._now -= 1
        handler.send_response(self.statuses[handler.path])
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def close(self) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


class Bench:
    """An installation without web and node: its database, its pool, a clock to move."""

    def __init__(self, directory: Path) -> None:
        self._clock_file = directory / "clock"
        environment = {
            "SATTLE_NETWORK": "regtest",
            "SATTLE_DATA_DIR": str(directory),
            "SATTLE_TEST_CLOCK": str(self._clock_file),
            "SATTLE_LOG_LEVEL": "WARNING",
        }
        self.app: Flask = create_app(Settings.from_environment(environment))
        self.clock: Clock = self.app.extensions["sattle"].clock
        self._stopping = threading.Event()
        self._pump = threading.Thread(target=self._keep_pumping)
        self.pool = self.new_pool("worker-1")
        with self.app.app_context():
            upgrade()
            with change() as session:
                session.add(Store(id="store", name="store", created_at=self.clock.now()))

    def new_pool(self, worker: str, body: Callable[[Session, Delivery, object], bytes] | None = None) -> DeliveryPool:
        door = Door(allow_private=True)
        return DeliveryPool(self.app, self.clock, worker, body or event_type, door.post, guard)

    def start(self) -> None:
        self.pool.start()
        self._pump.start()

    def _keep_pumping(self) -> None:
        while not self._stopping.is_set():
            self.pool.awake.clear()
            self.pool.pump()
            self.pool.awake.wait(0.05)

    def stop(self) -> None:
        self._stopping.set()
        if self._pump.is_alive():
            self._pump.join()
        self.pool.close()
        with self.app.app_context():
            db.engine.dispose()

    def owe(self, url: str, *events: str, invoice: str | None = None) -> str:
        """Write an invoice (unless it is there) with deliveries of these events; returns its id."""
        now = self.clock.now()
        with self.app.app_context(), change() as session:
            endpoint = session.scalar(select(Endpoint).where(Endpoint.url == url))
            if endpoint is None:
                endpoint = Endpoint(store_id="store", kind="ipn", url=url, created_at=now)
                session.add(endpoint)
            if invoice is None:
                invoice = new_id()
                session.add(bare_invoice(invoice, now))
            session.flush()
            for name in events:
                event = Event(invoice_id=invoice, type=name, at=now)
                session.add(event)
                session.flush()
                session.add(
                    Delivery(
                        event_id=event.id,
                        endpoint_id=endpoint.id,
                        invoice_id=invoice,
                        shape="ipn",
                        created_at=now,
                        next_at=now,
                    )
                )
                session.flush()
        self.pool.wake()
        return invoice

    def advance(self, **time: int) -> None:
        self._clock_file.write_text(str(int((self.clock.offset() + timedelta(**time)).total_seconds())))
        self.pool.wake()

    def states(self, invoice: str) -> list[tuple[str, str]]:
        """(event, state) of an invoice's deliveries, oldest first."""
        with self.app.app_context():
            rows = db.session.scalars(select(Delivery).where(Delivery.invoice_id == invoice).order_by(Delivery.id))
            return [(row.event.type, row.state) for row in rows]

    def attempts(self, invoice: str) -> list[tuple[int | None, bool]]:
        """(HTTP status, has a result) of an invoice's attempts, in the order in which they began."""
        with self.app.app_context():
            made = select(Attempt).join(Attempt.delivery).where(Delivery.invoice_id == invoice)
            rows = db.session.scalars(made.order_by(Attempt.started_at))
            return [(row.http_status, row.duration_ms is not None) for row in rows]


def event_type(_session: Session, delivery: Delivery, _now: object) -> bytes:
    return delivery.event.type.encode()


def bare_invoice(invoice_id: str, now: object) -> Invoice:
    terms = {"currency": "EUR", "is_top_up": False, "tolerance_percent": 0, "speed_policy": "MediumSpeed"}
    times = {"created_at": now, "expires_at": now, "monitoring_ends_at": now}
    return Invoice(id=invoice_id, store_id="store", network_fee_mode="Never", **terms, **times)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def bench(tmp_path: Path, shop: Shop) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    shop.let_go.set()
    bench.stop()


def all_are(bench: Bench, invoice: str, state: str) -> Callable[[], bool]:
    return lambda: {found for _, found in bench.states(invoice)} == {state}


def test_the_events_of_an_invoice_arrive_in_their_order(bench: Bench, shop: Shop) -> None:
    bench.start()
    names = [f"event-{number}" for number in range(10)]
    invoice = bench.owe(shop.url, *names)
    wait_until(all_are(bench, invoice, "delivered"), "all to be delivered")
    assert shop.got == names
    assert bench.attempts(invoice) == [(200, True)] * 10


def test_a_failed_event_holds_later_ones_of_its_invoice_back_and_nobody_else(bench: Bench, shop: Shop) -> None:
    shop.statuses["/failing"] = 500
    bench.start()
    first = bench.owe(f"{shop.url}/failing", "paid", "confirmed")
    wait_until(lambda: bench.attempts(first) == [(500, True)], "the first try to fail")
    other = bench.owe(f"{shop.url}/fine", "other")
    wait_until(all_are(bench, other, "delivered"), "the other invoice's IPN")
    assert shop.got == ["paid", "other"]
    shop.statuses["/failing"] = 200
    bench.advance(seconds=11)
    wait_until(all_are(bench, first, "delivered"), "both to be delivered")
    assert shop.got == ["paid", "other", "paid", "confirmed"]


def test_tries_go_on_for_three_days_and_then_fail(bench: Bench, shop: Shop) -> None:
    shop.statuses["/"] = 403
    bench.start()
    invoice = bench.owe(f"{shop.url}/", "paid")
    for tries, seconds in enumerate((11, 61, 301, 901, 1801), start=1):
        wait_until(lambda tries=tries: bench.attempts(invoice) == [(403, True)] * tries, f"try {tries}")
        bench.advance(seconds=seconds)
    wait_until(lambda: bench.attempts(invoice) == [(403, True)] * 6, "the first hourly try")
    assert bench.states(invoice) == [("paid", "pending")]
    bench.advance(hours=72)
    wait_until(all_are(bench, invoice, "failed"), "the delivery to fail")
    assert len(bench.attempts(invoice)) == 7


def test_410_is_given_up_and_what_follows_is_sent(bench: Bench, shop: Shop) -> None:
    shop.statuses["/"] = 410
    bench.start()
    invoice = bench.owe(f"{shop.url}/", "paid", "confirmed")
    wait_until(all_are(bench, invoice, "given_up"), "both to be given up")
    assert shop.got == ["paid", "confirmed"]


def test_a_silent_endpoint_holds_up_no_other_and_gets_few_tries_at_once(bench: Bench, shop: Shop) -> None:
    silent = Shop()
    silent.let_go.clear()
    try:
        for number in range(THREADS * 5):
            bench.owe(f"{silent.url}/{number}", "paid")
        invoice = bench.owe(shop.url, "paid")
        bench.start()
        wait_until(all_are(bench, invoice, "delivered"), "the living endpoint's IPN", 5)
        assert silent.most_at_once == PER_HOST
    finally:
        silent.close()


def test_what_a_killed_worker_was_telling_is_told_again(bench: Bench, shop: Shop) -> None:
    invoice = bench.owe(shop.url, "paid", "confirmed")
    with bench.app.app_context():
        (item,) = due(bench.clock.now(), 10)
        assert start_attempt(item.id, "killed worker", event_type, bench.clock.now())
        assert due(bench.clock.now(), 10) == []
        locks = worker_locks(db.engine, "worker-1")
        assert locks.leads()
        release_dead(locks.is_dead)
    bench.start()
    wait_until(all_are(bench, invoice, "delivered"), "both to be delivered")
    assert shop.got == ["paid", "confirmed"]
    assert sorted(bench.attempts(invoice), key=str) == [(200, True), (200, True), (None, False)]


def test_a_delivery_is_claimed_once(bench: Bench, shop: Shop) -> None:
    bench.owe(shop.url, "paid")
    with bench.app.app_context():
        (item,) = due(bench.clock.now(), 10)
        first = start_attempt(item.id, "one", event_type, bench.clock.now())
        second = start_attempt(item.id, "two", event_type, bench.clock.now())
    assert (first is not None, second) == (True, None)


def test_a_body_that_cannot_be_made_is_tried_later_and_blocks_no_thread(
    bench: Bench, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    bench.pool = bench.new_pool("worker-1", broken)
    bench.start()
    with caplog.at_level(logging.ERROR):
        invoice = bench.owe(shop.url, "paid")
        wait_until(lambda: len(bench.attempts(invoice)) == 1, "the try to be recorded")
    assert (bench.states(invoice), shop.got) == ([("paid", "pending")], [])
    assert "ZeroDivisionError" in caplog.text


def test_one_worker_leads_on_one_sqlite_database(bench: Bench) -> None:
    with bench.app.app_context():
        one, two = worker_locks(db.engine, "one"), worker_locks(db.engine, "two")
    assert [one.leads(), two.leads(), one.leads()] == [True, False, True]
