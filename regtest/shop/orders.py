"""The shop's orders, and what changes them."""

import json
import secrets
import sqlite3
import string
from collections.abc import Callable, Iterable
from typing import Any

from regtest.shop import transitions
from regtest.shop.beside import WOOCOMMERCE, Beside
from regtest.shop.database import Database
from regtest.shop.errors import NoSuchOrder
from regtest.shop.gateways import title_of
from regtest.shop.options import Options
from regtest.shop.order import BITPAY as BITPAY
from regtest.shop.order import NewOrder as NewOrder
from regtest.shop.order import Order as Order
from regtest.shop.transitions import Change

KEY_ALPHABET = string.ascii_letters + string.digits
LARGEST_ID = 2**63 - 1  # SQLite has no larger numbers


class Orders(Beside):
    """The orders of the file. `listeners` hear of each change: "created", "updated", "deleted", "restored" and the id.

    `options` tells how the shop is set at present.
    """

    def __init__(self, database: Database, options: Callable[[], Options] = Options) -> None:
        super().__init__(database)
        self._options = options
        self.listeners: list[Callable[[str, int], None]] = []

    def add(
        self, item: str, total: str | None, currency: str, overrides: dict[str, Any], gateway: str = BITPAY
    ) -> Order:
        """A new pending order for one thing."""
        return self.place(NewOrder(item, total, currency, overrides, gateway))

    def place(self, wanted: NewOrder) -> Order:
        """A new order as it is wanted."""
        with self._database.open() as db:
            order_id = self._insert(db, wanted)
        self.tell("created", order_id)
        return self.get(order_id)

    def place_all(self, wanted: Iterable[NewOrder]) -> list[Order]:
        """Many at once, in one transaction and unannounced; an invoice is one of the Greenfield plugin."""
        with self._database.open() as db:
            placed = [(self._insert(db, one), one.invoice_id) for one in wanted]
            meta = [(order_id, "BTCPay_id", invoice_id) for order_id, invoice_id in placed if invoice_id]
            db.executemany("INSERT INTO meta (order_id, name, value) VALUES (?,?,?)", meta)
            first = placed[0][0] if placed else 0
            rows = db.execute("SELECT * FROM orders WHERE id >= ? ORDER BY id", (first,)).fetchall()
        return [Order(**dict(row)) for row in rows] if placed else []

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
        self.write(order_id, invoice_id=invoice_id, pay_url=pay_url)

    def set_gateway(self, order_id: int, gateway: str) -> None:
        """The buyer chose how to pay."""
        self.write(order_id, gateway=gateway, gateway_title=title_of(gateway))

    def write(self, order_id: int, **values: str | int | None) -> None:
        """Set columns of an order as they are, which counts as a change of it; without any, it is touched."""
        sets = "".join(f", {name} = ?" for name in values)
        with self._database.open() as db:
            db.execute(
                f"UPDATE orders SET modified_at = ?{sets} WHERE id = ?",  # noqa: S608 - our own names
                (self._database.second(), *values.values(), order_id),
            )
        self.tell("updated", order_id)

    # Changes of the status

    def move(self, order_id: int, status: str | None, *notes: str, author: str = WOOCOMMERCE) -> None:
        """Set the status, whatever it was, and write the notes; the change is a note as well.

        None leaves the status as it is.
        """
        order = self.get(order_id)
        self.note(order_id, *notes, author=author)
        if status is not None:
            self.carry_out(order, self.change(order, status), author)

    def complete_payment(self, order_id: int, *notes: str, transaction_id: str = "") -> None:
        """What plugins call when the money is there: on to processing, or to completed if it is all downloads."""
        order = self.get(order_id)
        self.note(order_id, *notes)
        if order.status not in transitions.PAYABLE:
            return
        told = f" ({transaction_id})" if transaction_id else ""
        paid = transitions.paid_status(not order.is_download)
        change = self.change(order, paid, f"Payment via {order.gateway_title}{told}.")
        self.carry_out(order, change, transaction_id=transaction_id or None)

    def change(self, order: Order, status: str, payment: str | None = None) -> Change:
        """What going over to `status` would bring about."""
        return transitions.change(order.standing(self._options().manage_stock), status, payment)

    def carry_out(
        self, order: Order, change: Change, author: str = WOOCOMMERCE, transaction_id: str | None = None
    ) -> None:
        """Write a change down that was worked out for `order` as it was read: nobody looks again, as in WooCommerce."""
        with self._database.open() as db:
            second = self._database.second()
            db.execute(
                "UPDATE orders SET status = ?, modified_at = ?, paid_at = CASE WHEN ? THEN ? ELSE paid_at END,"
                " completed_at = CASE WHEN ? THEN ? ELSE completed_at END,"
                " transaction_id = coalesce(?, transaction_id),"
                " stock_reduced = stock_reduced - ?, shop_was_told = max(shop_was_told, ?) WHERE id = ?",
                (
                    *(change.status, second, change.pays, second, change.completes, second, transaction_id),
                    *(change.stock * order.quantity, ("shop", "New order") in change.mails, order.id),
                ),
            )
            counted = self._count(db, order, change.stock * order.quantity) if change.stock else ""
            for remark in change.remarks:
                text = counted if remark.text == transitions.STOCK else remark.text
                self._note(db, order.id, text, remark.brief, author if remark.brief else WOOCOMMERCE)
            db.executemany(
                "INSERT INTO mails (order_id, at, recipient, kind) VALUES (?,?,?,?)",
                [(order.id, second, recipient, kind) for recipient, kind in change.mails],
            )
        self.tell("updated", order.id)

    def remove(self, order_id: int) -> None:
        """For good; what was beside it goes along, and its id is not given out again."""
        with self._database.open() as db:
            for table in ("notes", "meta", "mails", "refunds"):
                db.execute(f"DELETE FROM {table} WHERE order_id = ?", (order_id,))  # noqa: S608 - our own names
            db.execute("DELETE FROM orders WHERE id = ?", (order_id,))
        self.tell("deleted", order_id)

    def tell(self, event: str, order_id: int) -> None:
        """Something happened to an order."""
        for listener in self.listeners:
            listener(event, order_id)

    def _insert(self, db: sqlite3.Connection, wanted: NewOrder) -> int:
        values = {
            "key": "wc_order_" + "".join(secrets.choice(KEY_ALPHABET) for _ in range(13)),
            "item": wanted.item,
            "total": wanted.total,
            "currency": wanted.currency,
            "status": wanted.status,
            "overrides": json.dumps(wanted.overrides),
            "created_at": self._database.at(),
            "modified_at": self._database.second(),
            "gateway": wanted.gateway,
            "gateway_title": title_of(wanted.gateway),
            "product": wanted.product,
            "quantity": wanted.quantity,
            "created_via": wanted.created_via,
            "invoice_id": wanted.invoice_id,
        }
        columns, marks = ", ".join(values), ", ".join("?" for _ in values)
        added = db.execute(f"INSERT INTO orders ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
        order_id = added.lastrowid or 0
        if prefix := self._options().number_prefix:  # a numbering plugin: the number need not even be digits
            number = f"{prefix}{order_id + 1000}"
            db.execute("UPDATE orders SET own_number = ? WHERE id = ?", (number, order_id))
        return order_id
