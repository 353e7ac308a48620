"""The shop's one SQLite file. Each use opens it anew, so every thread of the server may."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

BUSY_SECONDS = 10

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, item TEXT NOT NULL, total TEXT, currency TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('pending', 'on-hold', 'processing', 'failed', 'cancelled', 'completed', 'refunded')),
  invoice_id TEXT NOT NULL DEFAULT '', pay_url TEXT NOT NULL DEFAULT '', overrides TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL, gateway TEXT NOT NULL DEFAULT 'btcpay');
CREATE TABLE IF NOT EXISTS notes (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta (
  order_id INTEGER NOT NULL REFERENCES orders, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (order_id, name));
CREATE TABLE IF NOT EXISTS ipns (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, order_id INTEGER, invoice_id TEXT, kind TEXT,
  code INTEGER, answered INTEGER, status_fetched TEXT, error TEXT);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, signature TEXT NOT NULL, order_id INTEGER,
  invoice_id TEXT, type TEXT, answered INTEGER, said TEXT);
CREATE TABLE IF NOT EXISTS refunds (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL, amount TEXT NOT NULL,
  reason TEXT NOT NULL, pull_payment_id TEXT NOT NULL, link TEXT NOT NULL);
INSERT INTO sqlite_sequence (name, seq) SELECT 'orders', 100
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'orders');
"""

OF_THE_FIRST_SHOP = (
    "id, key, item, total, currency, status, invoice_id, pay_url, overrides, created_at"  # it had one gateway
)


class Database:
    """The file at `path`, made if need be; one that a shop without gateways left behind is brought up to date."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        with self.open() as db:
            before = [row["name"] for row in db.execute("PRAGMA table_info(orders)")]
            if before and "gateway" not in before:
                db.executescript("PRAGMA legacy_alter_table = ON; ALTER TABLE orders RENAME TO orders_before;")
            db.executescript(SCHEMA)
            if before and "gateway" not in before:
                copy = f"INSERT INTO orders ({OF_THE_FIRST_SHOP}) SELECT {OF_THE_FIRST_SHOP} FROM orders_before"  # noqa: S608 - our own names
                db.executescript(f"{copy}; DROP TABLE orders_before;")

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at its beginning: it commits at the end or leaves no trace."""
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA synchronous = OFF")  # a killed shop loses nothing by it, only a machine that lost power
            db.execute("BEGIN IMMEDIATE")
            yield db
            if db.in_transaction:
                db.execute("COMMIT")
        finally:
            db.close()

    def at(self) -> str:
        """The present moment as the file keeps it."""
        return self._now().isoformat()
