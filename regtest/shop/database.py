"""The shop's one SQLite file. Each use opens it anew, so every thread of the server may."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

BUSY_SECONDS = 10

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, item TEXT NOT NULL, total TEXT, currency TEXT NOT NULL,
  status TEXT NOT NULL,
  invoice_id TEXT NOT NULL DEFAULT '', pay_url TEXT NOT NULL DEFAULT '', overrides TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL, gateway TEXT NOT NULL DEFAULT 'btcpay', gateway_title TEXT NOT NULL DEFAULT 'Bitcoin',
  product TEXT NOT NULL DEFAULT 'mug', quantity INTEGER NOT NULL DEFAULT 1, own_number TEXT NOT NULL DEFAULT '',
  created_via TEXT NOT NULL DEFAULT 'checkout', transaction_id TEXT NOT NULL DEFAULT '',
  modified_at TEXT NOT NULL DEFAULT '', paid_at TEXT, completed_at TEXT,
  stock_reduced INTEGER NOT NULL DEFAULT 0, shop_was_told INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS orders_by_change ON orders (modified_at);
CREATE INDEX IF NOT EXISTS orders_by_invoice ON orders (invoice_id);
CREATE TABLE IF NOT EXISTS notes (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL, text TEXT NOT NULL,
  brief TEXT NOT NULL DEFAULT '', author TEXT NOT NULL DEFAULT 'WooCommerce', customer INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS notes_by_order ON notes (order_id);
CREATE TABLE IF NOT EXISTS meta (
  order_id INTEGER NOT NULL REFERENCES orders, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (order_id, name));
CREATE TABLE IF NOT EXISTS mails (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL, recipient TEXT NOT NULL,
  kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stock (product TEXT PRIMARY KEY, quantity INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ipns (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, order_id INTEGER, invoice_id TEXT, kind TEXT,
  code INTEGER, answered INTEGER, status_fetched TEXT, error TEXT);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, signature TEXT NOT NULL, order_id INTEGER,
  invoice_id TEXT, type TEXT, answered INTEGER, said TEXT);
CREATE TABLE IF NOT EXISTS refunds (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL, amount TEXT NOT NULL,
  reason TEXT NOT NULL, pull_payment_id TEXT NOT NULL, link TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS api_keys (
  id INTEGER PRIMARY KEY, consumer_key TEXT NOT NULL UNIQUE, consumer_secret TEXT NOT NULL, permissions TEXT NOT NULL,
  role TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS nonces (consumer_key TEXT NOT NULL, nonce TEXT NOT NULL, PRIMARY KEY (consumer_key, nonce));
CREATE TABLE IF NOT EXISTS webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, topic TEXT NOT NULL, url TEXT NOT NULL,
  secret TEXT NOT NULL, status TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL,
  modified_at TEXT);
CREATE TABLE IF NOT EXISTS webhook_queue (
  webhook_id INTEGER NOT NULL, order_id INTEGER NOT NULL, topic TEXT NOT NULL, PRIMARY KEY (webhook_id, order_id));
INSERT INTO sqlite_sequence (name, seq) SELECT 'orders', 100
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'orders');
"""

GROWN = {"orders": "modified_at", "notes": "brief"}
"""Tables that had fewer columns once, and one of those they lacked."""


class Database:
    """The file at `path`, made if need be; one that an older shop left behind is brought up to date."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        with self.open() as db:
            found = {table: _columns(db, table) for table in GROWN}
            old = {table: columns for table, columns in found.items() if columns and GROWN[table] not in columns}
            for table in old:
                db.executescript(f"PRAGMA legacy_alter_table = ON; ALTER TABLE {table} RENAME TO {table}_before;")
            db.executescript(SCHEMA)
            for table, columns in old.items():
                kept = ", ".join(columns)
                copy = f"INSERT INTO {table} ({kept}) SELECT {kept} FROM {table}_before"  # noqa: S608 - our own names
                db.executescript(f"{copy}; DROP TABLE {table}_before;")
            if "notes" in old:
                db.execute("UPDATE notes SET brief = text")
            db.execute("UPDATE orders SET modified_at = substr(created_at, 1, 19) WHERE modified_at = ''")

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at its beginning: it commits at the end or leaves no trace."""
        with closing(self._connection()) as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            if db.in_transaction:
                db.execute("COMMIT")

    def at(self) -> str:
        """The present moment as the file keeps it."""
        return self._now().isoformat()

    def second(self) -> str:
        """The present moment as WooCommerce keeps it: UTC, whole seconds, no zone."""
        return self._now().strftime("%Y-%m-%dT%H:%M:%S")

    def back_up(self) -> None:
        """Copy the file, over an earlier copy."""
        _copy(self._path, self._backup)

    def restore(self) -> None:
        """Everything is again as it was when the copy was made, the next order's id included."""
        if not self._backup.exists():
            raise FileNotFoundError("no backup was made of this shop")
        _copy(self._backup, self._path)

    @property
    def _backup(self) -> Path:
        return self._path.with_suffix(".backup")

    def _connection(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = OFF")  # a killed shop loses nothing by it, only a machine that lost power
        return db


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]


def _copy(source: Path, target: Path) -> None:
    connections = [sqlite3.connect(path, timeout=BUSY_SECONDS) for path in (source, target)]
    with closing(connections[0]) as read, closing(connections[1]) as written:
        read.backup(written)
