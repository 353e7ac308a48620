"""What is written down beside an order: notes, mails, a plugin's own values, refunds; and how many things there are."""

import sqlite3
from decimal import Decimal
from typing import Any

from regtest.shop.database import Database
from regtest.shop.goods import IN_STOCK
from regtest.shop.order import Order

WOOCOMMERCE = "WooCommerce"
"""The author of every note that no signed-in person wrote: REST, plugins, cron and customers all appear as this."""


class Beside:
    """The tables around the orders of the file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Stock and mails

    def stock(self) -> dict[str, int]:
        """How many there are of each thing that was ever sold or counted."""
        with self._database.open() as db:
            return {row["product"]: row["quantity"] for row in db.execute("SELECT * FROM stock")}

    def set_stock(self, code: str, quantity: int) -> None:
        """A person counted."""
        with self._database.open() as db:
            db.execute("INSERT OR REPLACE INTO stock (product, quantity) VALUES (?,?)", (code, quantity))

    def mails(self, order_id: int) -> list[dict[str, str]]:
        """`recipient` (shop or customer) and `kind` of each, the oldest first."""
        with self._database.open() as db:
            rows = db.execute("SELECT recipient, kind FROM mails WHERE order_id = ? ORDER BY id", (order_id,))
            return [dict(row) for row in rows]

    def mail(self, order_id: int, recipient: str, kind: str) -> None:
        """Send one, and note it."""
        with self._database.open() as db:
            row = (order_id, self._database.second(), recipient, kind)
            db.execute("INSERT INTO mails (order_id, at, recipient, kind) VALUES (?,?,?,?)", row)
            self._note(db, order_id, f'Email "{kind}" sent.', "", WOOCOMMERCE)

    # Notes

    def note(self, order_id: int, *texts: str, author: str = WOOCOMMERCE, customer: bool = False) -> int:
        """Write notes; returns the id of the last. A note does not count as a change of the order."""
        note_id = 0
        with self._database.open() as db:
            for text in texts:
                note_id = self._note(db, order_id, text, text, author, customer)
        return note_id

    def notes(self, order_id: int) -> list[dict[str, str]]:
        """`at` and `text` of an order's notes, the oldest first; without the shop's own about stock and mails."""
        with self._database.open() as db:
            rows = db.execute(
                "SELECT at, brief AS text FROM notes WHERE order_id = ? AND brief <> '' ORDER BY id", (order_id,)
            ).fetchall()
        return [dict(row) for row in rows]

    def all_notes(self, order_id: int) -> list[dict[str, Any]]:
        """`id`, `at`, `text`, `author` and `customer` of every one, the oldest first."""
        with self._database.open() as db:
            rows = db.execute("SELECT * FROM notes WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()
        return [dict(row) for row in rows]

    # What plugins keep with an order

    def set_meta(self, order_id: int, values: dict[str, str]) -> None:
        """Write down names with values, over those that are there."""
        with self._database.open() as db:
            db.executemany(
                "INSERT INTO meta (order_id, name, value) VALUES (?,?,?)"
                " ON CONFLICT (order_id, name) DO UPDATE SET value = excluded.value",
                [(order_id, name, value) for name, value in values.items()],
            )

    def drop_meta(self, order_id: int, *names: str) -> None:
        """Forget these values."""
        with self._database.open() as db:
            db.executemany("DELETE FROM meta WHERE order_id = ? AND name = ?", [(order_id, name) for name in names])

    def meta(self, order_id: int) -> dict[str, str]:
        """All of it."""
        with self._database.open() as db:
            rows = db.execute("SELECT name, value FROM meta WHERE order_id = ?", (order_id,)).fetchall()
        return {row["name"]: row["value"] for row in rows}

    def add_refund(self, order_id: int, amount: str, reason: str, pull_payment_id: str = "", link: str = "") -> int:
        """Write down that a refund was made or, with a pull payment, offered; its id comes out of the orders' ids."""
        columns = "id, order_id, at, amount, reason, pull_payment_id, link"
        with self._database.open() as db:
            db.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'orders'")
            refund_id = int(db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'orders'").fetchone()[0])
            row = (refund_id, order_id, self._database.at(), amount, reason, pull_payment_id, link)
            db.execute(f"INSERT INTO refunds ({columns}) VALUES (?,?,?,?,?,?,?)", row)  # noqa: S608 - our own names
        return refund_id

    def refunds(self, order_id: int) -> list[dict[str, Any]]:
        """`id`, `amount`, `reason`, `pull_payment_id` and `link` of each, the oldest first."""
        with self._database.open() as db:
            rows = db.execute(
                "SELECT id, amount, reason, pull_payment_id, link FROM refunds WHERE order_id = ? ORDER BY id",
                (order_id,),
            ).fetchall()
        return [dict(row) for row in rows]

    def refundable(self, order: Order) -> Decimal:
        """What was not refunded yet, in the order's currency."""
        refunded = sum((Decimal(refund["amount"]) for refund in self.refunds(order.id)), Decimal(0))
        return Decimal(order.total or 0) - refunded

    def _note(
        self, db: sqlite3.Connection, order_id: int, text: str, brief: str, author: str, customer: bool = False
    ) -> int:
        row = (order_id, self._database.at(), text, brief, author, customer)
        columns = "order_id, at, text, brief, author, customer"
        return db.execute(f"INSERT INTO notes ({columns}) VALUES (?,?,?,?,?,?)", row).lastrowid or 0  # noqa: S608 - ours

    def _count(self, db: sqlite3.Connection, order: Order, difference: int) -> str:
        """Take from the stock or put back; returns the note. It goes below nothing, as WooCommerce's does."""
        db.execute("INSERT OR IGNORE INTO stock (product, quantity) VALUES (?,?)", (order.product, IN_STOCK))
        found = db.execute("SELECT quantity FROM stock WHERE product = ?", (order.product,)).fetchone()["quantity"]
        left = found + difference
        db.execute("UPDATE stock SET quantity = ? WHERE product = ?", (left, order.product))
        verb = "reduced" if difference < 0 else "increased"
        return f"Stock levels {verb}: {order.item} ({found}&rarr;{left})"
