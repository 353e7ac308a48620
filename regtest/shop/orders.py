"""The shop's orders, their notes and the notifications that came for them, in one SQLite file."""

import json
import secrets
import sqlite3
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from regtest.shop.errors import NoSuchOrder

KEY_ALPHABET = string.ascii_letters + string.digits
BUSY_SECONDS = 10
LARGEST_ID = 2**63 - 1  # SQLite has no larger numbers

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, item TEXT NOT NULL, total TEXT, currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'on-hold', 'processing', 'failed', 'cancelled', 'completed')),
  invoice_id TEXT NOT NULL DEFAULT '', pay_url TEXT NOT NULL DEFAULT '', overrides TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ipns (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, order_id INTEGER, invoice_id TEXT, kind TEXT,
  code INTEGER, answered INTEGER, status_fetched TEXT, error TEXT);
INSERT INTO sqlite_sequence (name, seq) SELECT 'orders', 100
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'orders');
"""


@dataclass(frozen=True)
class Order:
    """An order; `invoice_id` and `pay_url` are empty until an invoice was made. `total` None: the buyer chooses."""

    id: int
    key: str
    item: str
    total: str | None
    currency: str
    status: str
    invoice_id: str
    pay_url: str
    overrides: str
    created_at: str

    @property
    def number(self) -> str:
        """What buyer and merchant see. WooCommerce's default is the id as text."""
        return str(self.id)


class Orders:
    """The file of orders. Each call opens it anew, so every thread of the server may call."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        with self._open() as db:
            db.executescript(SCHEMA)

    # Orders

    def add(self, item: str, total: str | None, currency: str, overrides: dict[str, Any]) -> Order:
        """A new pending order."""
        key = "wc_order_" + "".join(secrets.choice(KEY_ALPHABET) for _ in range(13))
        row = (key, item, total, currency, "pending", json.dumps(overrides), self._at())
        with self._open() as db:
            added = db.execute(
                "INSERT INTO orders (key, item, total, currency, status, overrides, created_at) VALUES (?,?,?,?,?,?,?)",
                row,
            )
        return self.get(added.lastrowid or 0)

    def get(self, order_id: int) -> Order:
        """Raises NoSuchOrder."""
        if order_id > LARGEST_ID:
            raise NoSuchOrder("there is no order with that many digits")
        with self._open() as db:
            row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        if row is None:
            raise NoSuchOrder(f"there is no order {order_id}")
        return Order(**dict(row))

    def latest(self, limit: int = 8) -> list[Order]:
        """The newest orders first."""
        with self._open() as db:
            rows = db.execute("SELECT * FROM orders ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return [Order(**dict(row)) for row in rows]

    def set_invoice(self, order_id: int, invoice_id: str, pay_url: str) -> None:
        """Remember which invoice this order waits for; one it had before is superseded."""
        with self._open() as db:
            db.execute("UPDATE orders SET invoice_id = ?, pay_url = ? WHERE id = ?", (invoice_id, pay_url, order_id))

    def move(self, order_id: int, status: str, *notes: str) -> None:
        """Set the status, whatever it was, and write the notes; as in WooCommerce a change is a note as well."""
        with self._open() as db:
            old = db.execute("SELECT status FROM orders WHERE id = ?", (order_id,)).fetchone()["status"]
            db.execute("UPDATE orders SET status = ? WHERE id = ?", (status, order_id))
            change = [f"Status: {old} → {status}."] if old != status else []
            for text in (*notes, *change):
                db.execute("INSERT INTO notes (order_id, at, text) VALUES (?,?,?)", (order_id, self._at(), text))

    def notes(self, order_id: int) -> list[dict[str, str]]:
        """`at` and `text` of an order's notes, the oldest first."""
        with self._open() as db:
            rows = db.execute("SELECT at, text FROM notes WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()
        return [dict(row) for row in rows]

    # Notifications

    def ipn_came(self, body: str) -> int:
        """Record that a notification arrived, before anything is made of it; returns its number."""
        with self._open() as db:
            return db.execute("INSERT INTO ipns (at, body) VALUES (?,?)", (self._at(), body)).lastrowid or 0

    def ipn_read(self, number: int, kind: str, code: int | None, invoice_id: str | None, order_id: int | None) -> None:
        """Record what a notification is about, as far as it can be told."""
        with self._open() as db:
            db.execute(
                "UPDATE ipns SET kind = ?, code = ?, invoice_id = ?, order_id = ? WHERE id = ?",
                (kind, code, invoice_id, order_id, number),
            )

    def ipn_answered(
        self, number: int, answered: int, status_fetched: str | None = None, error: str | None = None
    ) -> None:
        """Record the HTTP status of the answer, the status that the server reported meanwhile, and what went wrong."""
        with self._open() as db:
            db.execute(
                "UPDATE ipns SET answered = ?, status_fetched = ?, error = ? WHERE id = ?",
                (answered, status_fetched, error, number),
            )

    def ipns(self, order_id: int | None = None) -> list[dict[str, Any]]:
        """All notifications, or those for one order, in the order of their arrival; `answered` is None meanwhile."""
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM ipns WHERE ?1 IS NULL OR order_id = ?1 ORDER BY id", (order_id,)
            ).fetchall()
        return [dict(row) for row in rows]

    def _at(self) -> str:
        return self._now().isoformat()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
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
