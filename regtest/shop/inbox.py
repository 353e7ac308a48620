"""What the server told the shop, as it came: IPNs of the BitPay dialect, deliveries of the Greenfield dialect."""

from typing import Any

from regtest.shop.database import Database


class Inbox:
    """The notifications of the file. One that is not answered yet is still being handled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ipn_came(self, body: str) -> int:
        """Record that an IPN arrived, before anything is made of it; returns its number."""
        with self._database.open() as db:
            row = (self._database.at(), body)
            return db.execute("INSERT INTO ipns (at, body) VALUES (?,?)", row).lastrowid or 0

    def ipn_read(self, number: int, kind: str, code: int | None, invoice_id: str | None, order_id: int | None) -> None:
        """Record what an IPN is about, as far as it can be told."""
        with self._database.open() as db:
            db.execute(
                "UPDATE ipns SET kind = ?, code = ?, invoice_id = ?, order_id = ? WHERE id = ?",
                (kind, code, invoice_id, order_id, number),
            )

    def ipn_answered(
        self, number: int, answered: int, status_fetched: str | None = None, error: str | None = None
    ) -> None:
        """Record the HTTP status of the answer, the status that the server reported meanwhile, and what went wrong."""
        with self._database.open() as db:
            db.execute(
                "UPDATE ipns SET answered = ?, status_fetched = coalesce(?, status_fetched), error = ? WHERE id = ?",
                (answered, status_fetched, error, number),
            )

    def ipns(self, order_id: int | None = None) -> list[dict[str, Any]]:
        """All IPNs, or those for one order, in the order of their arrival; `answered` is None meanwhile."""
        with self._database.open() as db:
            rows = db.execute(
                "SELECT * FROM ipns WHERE ?1 IS NULL OR order_id = ?1 ORDER BY id", (order_id,)
            ).fetchall()
        return [dict(row) for row in rows]

    def delivery_came(self, body: str, signature: str) -> int:
        """Record that a delivery arrived, before anything is made of it; returns its number."""
        row = (self._database.at(), body, signature)
        with self._database.open() as db:
            return db.execute("INSERT INTO deliveries (at, body, signature) VALUES (?,?,?)", row).lastrowid or 0

    def delivery_read(self, number: int, kind: str | None, invoice_id: str | None, order_id: int | None) -> None:
        """Record what a delivery is about, as far as it can be told."""
        with self._database.open() as db:
            db.execute(
                "UPDATE deliveries SET type = ?, invoice_id = ?, order_id = ? WHERE id = ?",
                (kind, invoice_id, order_id, number),
            )

    def delivery_answered(self, number: int, answered: int, said: str) -> None:
        """Record the HTTP status and the text of the answer."""
        with self._database.open() as db:
            db.execute("UPDATE deliveries SET answered = ?, said = ? WHERE id = ?", (answered, said, number))

    def deliveries(self, order_id: int | None = None) -> list[dict[str, Any]]:
        """All deliveries, or those for one order, in the order of their arrival."""
        with self._database.open() as db:
            rows = db.execute(
                "SELECT * FROM deliveries WHERE ?1 IS NULL OR order_id = ?1 ORDER BY id", (order_id,)
            ).fetchall()
        return [dict(row) for row in rows]
