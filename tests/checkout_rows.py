"""Invoices in every state, written as rows: what the tests of the checkout page look at, on either engine."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.db.models import ChainBlock, ChainState, Event, Invoice, Payment, Prompt, Store
from app.db.session import assessing_change, change
from app.settings import Settings
from tests.databases import let_go, migrated_file

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
HEIGHT = 120
PRICE = Decimal("83.50")
DUE_SATS = 167_000  # at 50,000 EUR a coin


class Shop:
    """An application on a fresh database with one store; invoices are added as a test wants them."""

    def __init__(self, app: Flask, name: str) -> None:
        self.app = app
        self.numbers = itertools.count(1)
        now = self.now()
        with app.app_context(), change() as session:
            session.add(Store(id="store1", name=name, created_at=now))
            session.add(ChainState(network="regtest", observed_at=now, node_state="ready"))
            session.add(
                ChainBlock(network="regtest", height=HEIGHT, hash="h", prev_hash="p", time=now, median_time=now)
            )

    def now(self) -> datetime:
        moment: datetime = self.app.extensions["sattle"].clock.now()
        return moment

    def invoice(self, address: str = ADDRESS, minutes_left: float = 14, **fields: Any) -> str:
        """An invoice of 83.50 EUR, 167,000 sats; `fields` are columns that differ."""
        row = self.written(address, minutes_left, **fields)
        with self.app.app_context(), change() as session:
            session.add(row)
            return row.id

    def written(self, address: str = ADDRESS, minutes_left: float = 14, **fields: Any) -> Invoice:
        """The same, for the caller to add: many invoices in one change."""
        invoice_id = f"Invoice{next(self.numbers)}"
        created = self.now() - timedelta(minutes=1)
        expires = self.now() + timedelta(minutes=minutes_left)
        columns: dict[str, Any] = {
            "price": PRICE,
            "currency": "EUR",
            "is_top_up": False,
            "tolerance_percent": Decimal(0),
            "speed_policy": "LowMediumSpeed",
            "network_fee_mode": "Never",
            "created_at": created,
            "expires_at": expires,
            "monitoring_ends_at": expires + timedelta(days=1),
            "order_id": "1042",
            "redirect_url": "https://shop.example/order/1042",
        }
        prompt = Prompt(
            payment_method="BTC-CHAIN",
            destination=address,
            rate=Decimal(50000),
            rate_source="fixed",
            rate_at=created,
            network="regtest",
            script_pubkey=invoice_id.encode(),
        )
        return Invoice(id=invoice_id, **{"store_id": "store1", "prompts": [prompt], **columns, **fields})

    def pay(self, invoice_id: str, sats: int, confirmations: int = 0, **fields: Any) -> None:
        """A payment to the invoice that stands `confirmations` deep. The status is the test's to set."""
        with self.app.app_context(), assessing_change() as session:
            prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
            columns = {"recorded_at": self.now(), "paid_at": self.now(), **fields}
            session.add(
                Payment(
                    network="regtest",
                    txid=f"{next(self.numbers):064x}",
                    vout=0,
                    prompt_id=prompt.id,
                    invoice_id=invoice_id,
                    value_sats=sats,
                    height=HEIGHT + 1 - confirmations if confirmations else None,
                    **columns,
                )
            )
            session.add(Event(invoice_id=invoice_id, type="invoice_receivedPayment", at=self.now()))

    def prefer(self, **preferences: Any) -> None:
        """What the store prefers, by the names that Greenfield gives it; nothing else."""
        with self.app.app_context(), change() as session:
            session.get_one(Store, "store1").preferences = preferences

    def set(self, invoice_id: str, **columns: Any) -> None:
        """Change columns of an invoice, as the worker does when facts arrive, with an event."""
        with self.app.app_context(), assessing_change() as session:
            invoice = session.get_one(Invoice, invoice_id)
            for name, value in columns.items():
                setattr(invoice, name, value)
            session.add(Event(invoice_id=invoice_id, type="invoice_changed", at=self.now()))

    def mine(self) -> None:
        """A further block."""
        with self.app.app_context(), change() as session:
            tip = session.query(ChainBlock).order_by(ChainBlock.height.desc()).first()
            assert tip is not None
            block = {"hash": f"h{tip.height + 1}", "prev_hash": tip.hash, "time": self.now(), "median_time": self.now()}
            session.add(ChainBlock(network="regtest", height=tip.height + 1, **block))


@contextmanager
def shop_open(directory: Path, name: str = "Corner Books", **environment: str) -> Iterator[Shop]:
    """The real application on a database of its own: SQLite in `directory`, or a migrated one by DATABASE_URL."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), **environment}
    if "DATABASE_URL" not in environment:
        directory.mkdir(exist_ok=True)
        (directory / "sattle.db").write_bytes(migrated_file())
    app = create_app(Settings.from_environment(chosen))
    try:
        yield Shop(app, name)
    finally:
        let_go(app)
