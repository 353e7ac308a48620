"""What Sattle has written down, read from its database without asking Sattle: quick enough to be read in a loop."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from app.domain.invoice import IN_TIME_GRACE
from regtest.harness import Harness
from regtest.waiting import wait_until

SNAPSHOT_SECONDS = 61  # a snapshot of the mempool is due, whatever was heard before


@dataclass(frozen=True)
class Line:
    """One payment. `outpoint` is TXID-VOUT; `status` is Processing, Settled or Unaccounted."""

    invoice_id: str
    outpoint: str
    value_sats: int
    confirmations: int
    status: str

    @property
    def counted(self) -> bool:
        """Accounted: Processing or Settled."""
        return self.status != "Unaccounted"


@dataclass(frozen=True)
class Event:
    """One event, its type without `invoice_`."""

    id: int
    invoice_id: str
    type: str
    payload: dict[str, Any]


class Ledger:
    """The books of one installation. Opens the database for reading only."""

    def __init__(self, sattle: Harness) -> None:
        self._sattle = sattle
        url = sattle.installation.environment()["DATABASE_URL"]
        if url.startswith("sqlite:///"):
            url = f"sqlite:///file:{url.removeprefix('sqlite:///')}?mode=ro&uri=true"
        self._engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)

    def payments(self, *invoice_ids: str) -> list[Line]:
        """The payments of these invoices, or of all, by outpoint."""
        tip = self.tip()[0]
        rows = self._rows("SELECT invoice_id, txid, vout, value_sats, height, status FROM payments ORDER BY txid, vout")
        return [
            Line(
                invoice_id=invoice_id,
                outpoint=f"{txid}-{vout}",
                value_sats=value_sats,
                confirmations=tip - height + 1 if height is not None else 0,
                status=status,
            )
            for invoice_id, txid, vout, value_sats, height, status in rows
            if not invoice_ids or invoice_id in invoice_ids
        ]

    def payment(self, invoice_id: str) -> Line:
        """The one payment of an invoice."""
        (line,) = self.payments(invoice_id)
        return line

    def events(self, *invoice_ids: str) -> list[Event]:
        """The events of these invoices, or of all, in the order in which they happened."""
        rows = self._rows("SELECT id, invoice_id, type, payload FROM events ORDER BY id")
        return [
            Event(
                number, invoice_id, kind.removeprefix("invoice_"), json.loads(said) if isinstance(said, str) else said
            )
            for number, invoice_id, kind, said in rows
            if not invoice_ids or invoice_id in invoice_ids
        ]

    def deliveries(self, invoice_id: str) -> list[str]:
        """The state of each delivery that an invoice's events owe: pending, delivered, …"""
        return [state for owner, state in self._rows("SELECT invoice_id, state FROM deliveries") if owner == invoice_id]

    def running_alerts(self, invoice_id: str) -> set[str]:
        """The outpoints of payments that an invoice has lost and that have not come back."""
        rows = self._rows("SELECT invoice_id, outpoint FROM alerts WHERE ended_at IS NULL")
        return {outpoint for owner, outpoint in rows if owner == invoice_id}

    def statuses(self) -> dict[str, tuple[str, str]]:
        """Status and additional status of every invoice."""
        return {row[0]: (row[1], row[2]) for row in self._rows("SELECT id, status, additional_status FROM invoices")}

    def blocks(self, count: int) -> list[tuple[int, str]]:
        """Height and hash of the newest blocks that the books stand on, highest first."""
        rows = self._rows(f"SELECT height, hash FROM chain_blocks ORDER BY height DESC LIMIT {count}")
        return [(height, block_hash) for height, block_hash in rows]

    def tip(self) -> tuple[int, str]:
        """Height and hash of the block that the books stand on; (-1, "") before the first."""
        return next(iter(self.blocks(1)), (-1, ""))

    def observed_at(self) -> datetime | None:
        """Up to when chain and mempool have been looked at as a whole."""
        rows = self._rows("SELECT observed_at FROM chain_states")
        at = rows[0][0] if rows else None
        return _moment(at) if at is not None else None

    def rows(self, question: str, **values: object) -> list[Any]:
        """What a question of a test's own finds."""
        with self._engine.connect() as connection:
            return list(connection.execute(text(question), values))

    # Waiting

    def is_up_to_date(self, since: datetime) -> bool:
        """Whether they stand on the node's tip, chain and mempool have been looked at since a moment, and what was
        overdue then has expired."""
        observed_at = self.observed_at()
        if observed_at is None or observed_at < since or self.tip()[1] != self._sattle.node.tip():
            return False
        rows = self._rows("SELECT expires_at FROM invoices WHERE status = 'New'")
        return all(_moment(expires_at) + IN_TIME_GRACE >= since for (expires_at,) in rows)

    def catch_up(self, *, advance_seconds: int = SNAPSHOT_SECONDS) -> None:
        """Return when everything has been looked at once more. Time is moved, so that every timer is due."""
        self._sattle.advance(advance_seconds)
        since = self._sattle.node.clock.now()
        wait_until(lambda: self.is_up_to_date(since), "the worker to have looked at chain and mempool", 60)

    def _rows(self, question: str) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(text(question)))


def _moment(stored: str | datetime) -> datetime:
    """A time as either engine stores it."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
