"""A million open invoices in half a minute: copies of one that the product made, written past it."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Json

from app.chain.derivation import Destination

CACHE_KILOBYTES = 1_000_000  # of SQLite, while it is filled

Row = dict[str, Any]


def fill(database_url: str, template: str, destinations: Iterable[Destination], count: int) -> None:
    """Copy the invoice `template` `count` times, for these destinations and for made-up ones where they end.

    What is made up is P2PKH, as most outputs of the block that is matched against them: look-ups then fall all over the
    index, not on one edge of it.
    """
    table = _SqliteTables(database_url) if database_url.startswith("sqlite") else _PostgresqlTables(database_url)
    invoice = table.row("invoices", "id", template)
    prompt = table.row("prompts", "invoice_id", template)
    table.insert("invoices", _invoices(invoice, count))
    table.insert("prompts", _prompts(prompt, destinations, count))
    table.execute(f"UPDATE wallets SET next_index = {count + 1}")
    table.execute("UPDATE wallet_scans SET state = 'done'")  # as of a wallet that has been here for a while
    table.close()


def _invoices(like: Row, count: int) -> Iterator[Row]:
    for number in range(count):
        yield {**like, "id": _digest(number, 11).hex(), "order_id": f"order {number}"}


def _prompts(like: Row, destinations: Iterable[Destination], count: int) -> Iterator[Row]:
    real = iter(destinations)
    like.pop("id")  # counted by the database
    for number in range(count):
        where = next(real, None) or _made_up(number)
        yield {
            **like,
            "invoice_id": _digest(number, 11).hex(),
            "address_index": number + 1,
            "destination": where.address,
            "script_pubkey": where.script_pubkey,
        }


def _made_up(number: int) -> Destination:
    digest = _digest(number, 20)
    return Destination(f"m{digest.hex()}", b"\x76\xa9\x14" + digest + b"\x88\xac")


def _digest(number: int, size: int) -> bytes:
    return blake2b(number.to_bytes(8, "little"), digest_size=size).digest()


class _SqliteTables:
    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(Path(url.removeprefix("sqlite:///")), isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("synchronous=OFF", f"cache_size=-{CACHE_KILOBYTES}", "foreign_keys=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")

    def row(self, table: str, key: str, value: str) -> Row:
        found = self._connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,)).fetchone()
        return dict(found)

    def insert(self, table: str, rows: Iterator[Row]) -> None:
        first = next(rows, None)
        if first is None:
            return
        sql = f"INSERT INTO {table} ({', '.join(first)}) VALUES ({', '.join('?' * len(first))})"
        self._connection.execute("BEGIN")
        self._connection.execute(sql, tuple(first.values()))
        self._connection.executemany(sql, (tuple(row.values()) for row in rows))
        self._connection.execute("COMMIT")

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def close(self) -> None:
        """One file again, which can be copied."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class _PostgresqlTables:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def row(self, table: str, key: str, value: str) -> Row:
        with self._connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
            found = cursor.execute(f"SELECT * FROM {table} WHERE {key} = %s", (value,)).fetchone()
        return found or {}

    def insert(self, table: str, rows: Iterator[Row]) -> None:
        first = next(rows, None)
        if first is None:
            return
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(first)}) FROM STDIN") as copy:
            copy.write_row(_adapted(first.values()))
            for row in rows:
                copy.write_row(_adapted(row.values()))

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def close(self) -> None:
        """As autovacuum leaves a database that has been in use for a while."""
        self._connection.execute("VACUUM ANALYZE")
        self._connection.close()


def _adapted(values: Iterable[Any]) -> Sequence[Any]:
    return [Json(value) if isinstance(value, dict) else value for value in values]
