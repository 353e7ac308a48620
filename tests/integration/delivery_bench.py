"""A bench for deliveries: a shop that takes them, an installation without web and node, a clock to move."""

import threading
from collections import defaultdict
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from app.clock import Clock
from app.db.models import Attempt, Delivery, Endpoint, Event, Invoice, Store, db
from app.db.session import change
from app.delivery_pool import DeliveryPool
from app.domain.ids import new_id
from app.notify import Door
from app.settings import Settings
from app.usecases.deliver import Body, Post
from app.worker import guard


class Shop:
    """An endpoint that notes what it gets and answers as told: a status by path, or silence until `let_go`.

    Only requests of the path `silent` meet silence, if one is named.
    """

    def __init__(self) -> None:
        self.got: list[str] = []
        self.statuses: dict[str, int] = defaultdict(lambda: 200)
        self.let_go = threading.Event()
        self.let_go.set()
        self.silent: str | None = None
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
        if self.silent in (None, handler.path):
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
    """An installation without web and node: its migrated database, its pool, a clock to move."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self._clock_file = directory / "clock"
        environment = {
            "SATTLE_NETWORK": "regtest",
            "SATTLE_DATA_DIR": str(directory),
            "DATABASE_URL": database_url,
            "SATTLE_TEST_CLOCK": str(self._clock_file),
            "SATTLE_LOG_LEVEL": "WARNING",
        }
        self.app: Flask = create_app(Settings.from_environment(environment))
        self.clock: Clock = self.app.extensions["sattle"].clock
        self._stopping = threading.Event()
        self._pumps: list[threading.Thread] = []
        self.pool = self.new_pool("worker-1")
        with self.app.app_context(), change() as session:
            session.add(Store(id="store", name="store", created_at=self.clock.now()))

    def new_pool(self, worker: str, body: Body | None = None, post: Post | None = None) -> DeliveryPool:
        post = post or Door(allow_private=True).post
        return DeliveryPool(self.app, self.clock, worker, body or event_type, post, guard)

    def start(self, *pools: DeliveryPool) -> None:
        """Let these pools work, or the one there is, until `stop`."""
        for pool in pools or (self.pool,):
            pool.start()
            self._pumps.append(threading.Thread(target=self._keep_pumping, args=(pool,)))
            self._pumps[-1].start()

    def _keep_pumping(self, pool: DeliveryPool) -> None:
        while not self._stopping.is_set():
            pool.awake.clear()
            guard(pool.pump)
            pool.awake.wait(0.05)
        pool.close()

    def stop(self) -> None:
        self._stopping.set()
        for pump in self._pumps:
            pump.join()
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

    def under_way(self) -> int:
        """How many deliveries are claimed: tries in flight."""
        with self.app.app_context():
            db.session.rollback()
            return db.session.query(Delivery).filter(Delivery.claimed_by.is_not(None)).count()

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
