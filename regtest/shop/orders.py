"""The shop's orders and their notes, and the IPNs that came for them."""

import json
import secrets
import string
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from regtest.shop.database import Database
from regtest.shop.errors import NoSuchOrder

KEY_ALPHABET = string.ascii_letters + string.digits
LARGEST_ID = 2**63 - 1  # SQLite has no larger numbers
BITPAY = "btcpay"
"""The gateway of the older plugin; those of the Greenfield plugin begin with `btcpaygf_`."""


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
    gateway: str

    @property
    def number(self) -> str:
        """What buyer and merchant see. WooCommerce's default is the id as text."""
        return str(self.id)


class Orders:
    """The orders of the file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, item: str, total: str | None, currency: str, overrides: dict[str, Any], gateway: str = BITPAY
    ) -> Order:
        """A new pending order."""
        key = "wc_order_" + "".join(secrets.choice(KEY_ALPHABET) for _ in range(13))
        row = (key, item, total, currency, "pending", json.dumps(overrides), self._database.at(), gateway)
        with self._database.open() as db:
            added = db.execute(
                "INSERT INTO orders (key, item, total, currency, status, overrides, created_at, gateway)"
                " VALUES (?,?,?,?,?,?,?,?)",
                row,
            )
        return self.get(added.lastrowid or 0)

    def get(self, order_id: int) -> Order:
        """Raises NoSuchOrder."""
        if order_id > LARGEST_ID:
            raise NoSuchOrder("there is no order with that many digits")
        with self._database.open() as db:
            row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        if row is None:
            raise NoSuchOrder(f"there is no order {order_id}")
        return Order(**dict(row))

    def waiting_for(self, invoice_id: str) -> list[Order]:
        """The orders whose present invoice this is."""
        with self._database.open() as db:
            rows = db.execute("SELECT * FROM orders WHERE invoice_id = ? ORDER BY id", (invoice_id,)).fetchall()
        return [Order(**dict(row)) for row in rows]

    def latest(self, limit: int = 8) -> list[Order]:
        """The newest orders first."""
        with self._database.open() as db:
            rows = db.execute("SELECT * FROM orders ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return [Order(**dict(row)) for row in rows]

    def set_invoice(self, order_id: int, invoice_id: str, pay_url: str) -> None:
        """Remember which invoice this order waits for; one it had before is superseded."""
        with self._database.open() as db:
            db.execute("UPDATE orders SET invoice_id = ?, pay_url = ? WHERE id = ?", (invoice_id, pay_url, order_id))

    def set_gateway(self, order_id: int, gateway: str) -> None:
        """The buyer chose how to pay."""
        with self._database.open() as db:
            db.execute("UPDATE orders SET gateway = ? WHERE id = ?", (gateway, order_id))

    def move(self, order_id: int, status: str | None, *notes: str) -> None:
        """Set the status, whatever it was, and write the notes; as in WooCommerce a change is a note as well.

        None leaves the status as it is.
        """
        with self._database.open() as db:
            old = db.execute("SELECT status FROM orders WHERE id = ?", (order_id,)).fetchone()["status"]
            new = status or old
            db.execute("UPDATE orders SET status = ? WHERE id = ?", (new, order_id))
            change = [f"Status: {old} → {new}."] if old != new else []
            for text in (*notes, *change):
                db.execute(
                    "INSERT INTO notes (order_id, at, text) VALUES (?,?,?)", (order_id, self._database.at(), text)
                )

    def notes(self, order_id: int) -> list[dict[str, str]]:
        """`at` and `text` of an order's notes, the oldest first."""
        with self._database.open() as db:
            rows = db.execute("SELECT at, text FROM notes WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()
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

    def meta(self, order_id: int) -> dict[str, str]:
        """All of it."""
        with self._database.open() as db:
            rows = db.execute("SELECT name, value FROM meta WHERE order_id = ?", (order_id,)).fetchall()
        return {row["name"]: row["value"] for row in rows}

    def add_refund(self, order_id: int, amount: str, reason: str, pull_payment_id: str, link: str) -> None:
        """Write down that a refund was offered."""
        row = (order_id, self._database.at(), amount, reason, pull_payment_id, link)
        with self._database.open() as db:
            db.execute(
                "INSERT INTO refunds (order_id, at, amount, reason, pull_payment_id, link) VALUES (?,?,?,?,?,?)", row
            )

    def refunds(self, order_id: int) -> list[dict[str, str]]:
        """`amount`, `reason`, `pull_payment_id` and `link` of each, the oldest first."""
        with self._database.open() as db:
            rows = db.execute(
                "SELECT amount, reason, pull_payment_id, link FROM refunds WHERE order_id = ? ORDER BY id", (order_id,)
            ).fetchall()
        return [dict(row) for row in rows]

    def refundable(self, order: Order) -> Decimal:
        """What was not refunded yet, in the order's currency."""
        refunded = sum((Decimal(refund["amount"]) for refund in self.refunds(order.id)), Decimal(0))
        return Decimal(order.total or 0) - refunded
