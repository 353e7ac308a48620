"""What a full pass over 10,000 open orders costs: calls of the shop and seconds, against the stand-in, on both engines.

python -m bench.reconcile [--orders N] [--json FILE]

Some orders lag behind their settled invoices and are repaired on the way.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from app import create_app
from app.bridge_ledger import BridgeLedger
from app.db.models import Invoice, Prompt, Shop, WatchedOrder, db
from app.db.queries import reading
from app.db.revisions import upgrade
from app.db.session import assessing_change, change
from app.domain.events import Event, EventType
from app.domain.exact_json import dumps
from app.domain.ids import new_id
from app.domain.shop_notes import Note
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.shop_stock import Stock
from app.notify import Door
from app.settings import Settings
from app.usecases.create_store import create_store
from app.usecases.refresh_invoice import record_event
from bench.list_invoices import invoice_row
from bench.table import Row, finish, parser
from regtest.ports import free_port
from regtest.processes import Process
from regtest.storefront import Storefront
from regtest.waiting import wait_until
from tests.private_postgresql import Cluster
from woo_bridge.decide import decide
from woo_bridge.ports import PAGE, Desk, OrderPage, Orders
from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.line import Line
from woo_bridge.rest.shop import Shop as RestShop
from woo_bridge.shop_pass import look_at_all

AT_ONCE = 1_000
LAGGING = 5


class Counting:
    """A shop whose calls are counted."""

    def __init__(self, shop: Orders) -> None:
        self._shop = shop
        self.calls: Counter[str] = Counter()

    def order(self, order_id: int) -> ShopOrder | OrderGone:
        self.calls["one order"] += 1
        return self._shop.order(order_id)

    def orders(self, ids: Iterable[int]) -> Any:
        self.calls["list"] += 1
        return self._shop.orders(ids)

    def orders_modified_after(self, moment: datetime, beyond: int = 0, most: int = PAGE) -> OrderPage:
        self.calls["list"] += 1
        return self._shop.orders_modified_after(moment, beyond, most)

    def notes(self, order_id: int) -> "list[Note]":
        self.calls["notes"] += 1
        return list(self._shop.notes(order_id))

    def stocks(self, product_ids: Iterable[int]) -> "list[Stock]":
        wanted = list(product_ids)
        self.calls["stock"] += len(wanted)
        return list(self._shop.stocks(wanted))

    def put_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        self.calls["write"] += 1
        return self._shop.put_order(order_id, body)

    def post_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        self.calls["write"] += 1
        return self._shop.post_order(order_id, body)

    def add_note(self, order_id: int, text: str) -> int:
        self.calls["note"] += 1
        return self._shop.add_note(order_id, text)


def main() -> None:
    command = parser(__doc__ or "")
    command.add_argument("--orders", type=int, default=10_000)
    options = command.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)  # PostgreSQL's own user must pass
        rows.append(measured("SQLite", f"sqlite:///{directory / 'sattle.db'}", directory, options.orders))
        cluster = Cluster(directory / "postgresql", durable=True)
        cluster.start()
        try:
            rows.append(measured("PostgreSQL", cluster.new_database(), directory, options.orders))
        finally:
            cluster.stop()
    finish(rows, options.json)


def measured(engine: str, url: str, directory: Path, count: int) -> Row:
    """The figures of one engine."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": url}
    app = create_app(Settings.from_environment({**chosen, "SATTLE_LOG_LEVEL": "ERROR"}))
    with running_shop(directory / f"shop-{engine}") as front, app.app_context():
        upgrade()
        store_id = fill(app, front, count)
        row = passed(app, store_id, front)
        db.session.remove()
        db.engine.dispose()
    return {"database": engine, "orders": count, **row}


@contextmanager
def running_shop(directory: Path) -> Iterator[Storefront]:
    """The stand-in as a process of its own: its work is no part of ours."""
    directory.mkdir()
    port = free_port()
    chosen = {
        "SATTLE_SHOP_PORT": str(port),
        "SATTLE_SHOP_STATE": str(directory),
        "SATTLE_SHOP_SERVER": "http://[::1]:9",
    }
    environment = {**os.environ, **chosen}
    shop = Process("shop", [sys.executable, "-m", "regtest.shop"], log=directory / "shop.log", environment=environment)
    shop.start()
    try:
        front = Storefront(f"http://127.0.0.1:{port}")
        wait_until(lambda: "shop at" in (directory / "shop.log").read_text("utf-8"), "the shop to listen", 60)
        yield front
    finally:
        shop.stop()


def fill(app: Flask, front: Storefront, count: int) -> str:
    """Orders in the shop, each with an open invoice; the last few of those are settled, and the shop does not know."""
    now = app.extensions["sattle"].clock.now()
    store_id = create_store("a store", now)
    at = {"home_url": front.url, "root_url": f"{front.url}/wp-json/", "named_root_url": f"{front.url}/wp-json/"}
    rest = {"auth": "oauth_http", "plain_permalinks": False, "sealed_key": "", "key_ending": "", "name": "a shop"}
    with change() as session:
        session.add(Shop(store_id=store_id, connected_at=now, **at, **rest))
    made = now - timedelta(minutes=10)
    for first in range(0, count, AT_ONCE):
        ids = [new_id() for _ in range(min(AT_ONCE, count - first))]
        wanted: list[dict[str, object]] = [{"price": "12.34", "invoice_id": invoice_id} for invoice_id in ids]
        orders = front.seed(wanted)
        with change() as session:
            add_rows(session.connection(), store_id, list(zip(ids, orders, strict=True)), made)
    settle_some(store_id, made)
    return store_id


def add_rows(connection: Any, store_id: str, pairs: list[tuple[str, tuple[str, str]]], at: datetime) -> None:
    """Invoices, prompts and watches, written as values."""
    watches = [
        {
            "store_id": store_id,
            "order_id": int(order_id),
            "state": "watching",
            "watched_since": at,
            "watch_until": at + timedelta(days=30),
            "look_at": at,
        }
        for _, (order_id, _) in pairs
    ]
    connection.execute(insert(WatchedOrder), watches)
    found = select(WatchedOrder.order_id, WatchedOrder.id).where(WatchedOrder.store_id == store_id)
    by_order = dict(connection.execute(found).all())
    connection.execute(
        insert(Invoice), [invoice(store_id, one, key, by_order[int(order)], at) for one, (order, key) in pairs]
    )
    connection.execute(insert(Prompt), [prompt(one, at) for one, _ in pairs])


def invoice(store_id: str, invoice_id: str, key: str, watch_id: int, at: datetime) -> dict[str, Any]:
    """An invoice's columns."""
    return {
        **invoice_row(store_id, 0, at),
        "id": invoice_id,
        "expires_at": at + timedelta(hours=1),
        "status": "New",
        "metadata_": {"posData": dumps({})},
        "redirect_url": f"https://shop.example/received/?key={key}",
        "watched_order_id": watch_id,
    }


def prompt(invoice_id: str, at: datetime) -> dict[str, Any]:
    """A prompt's columns."""
    return {
        "invoice_id": invoice_id,
        "payment_method": "BTC-CHAIN",
        "destination": invoice_id,
        "rate": Decimal(50_000),
        "rate_source": "fixed",
        "rate_at": at,
        "network": "regtest",
        "script_pubkey": invoice_id.encode(),
    }


def settle_some(store_id: str, at: datetime) -> None:
    """By hand and a while ago: the grace is over."""
    newest = select(Invoice.id).where(Invoice.store_id == store_id).order_by(Invoice.watched_order_id.desc())
    ids = list(reading().scalars(newest.limit(LAGGING)))
    with assessing_change() as session:
        for invoice_id in ids:
            row = session.get_one(Invoice, invoice_id)
            row.status, row.additional_status = "Settled", "Marked"
            record_event(session, row, Event(EventType.MARKED_COMPLETE, manually_marked=True), at)


def passed(app: Flask, store_id: str, front: Storefront) -> Row:
    """One full pass."""
    clock, key = app.extensions["sattle"].clock, front.new_key()
    line = Line(Door(allow_private=True).adapter)
    address = ShopAddress(f"{front.url}/wp-json/", Auth.OAUTH_HTTP)
    shop = Counting(RestShop(address, ShopKey(key.consumer_key, key.consumer_secret), line, clock.machine_now))
    ledger = BridgeLedger(store_id, "hand-bench", clock.now, lambda: None)
    terms = ledger.terms()
    if terms is None:
        raise RuntimeError("the store is not connected")
    began, used = time.perf_counter(), time.process_time()
    looked = sum(each.looked for each in look_at_all(Desk(shop, ledger, decide, terms, clock.now)))
    took = time.perf_counter() - began
    if shop.calls["write"] != LAGGING:
        raise RuntimeError(f"{LAGGING} orders lag behind their invoices, and {shop.calls['write']} were repaired")
    return {
        "looked at": looked,
        "repaired": shop.calls["write"],
        "REST calls": shop.calls.total(),
        "seconds": round(took, 1),
        "of them our processor": round(time.process_time() - used, 1),
    }


if __name__ == "__main__":
    main()
