"""How long the first page takes of a store with 100,000 invoices, whatever is asked for: in process, on both engines.

python -m bench.list_invoices [--rows N] [--json FILE]
"""

import secrets
import tempfile
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert

from app import create_app
from app.api.greenfield.invoice_answers import invoice_answer
from app.db.models import Invoice, SearchTerm, db
from app.db.queries import reading
from app.db.queries_invoices import InvoiceQuery, invoices_wanted
from app.db.revisions import upgrade
from app.db.session import change
from app.domain.ids import new_id
from app.domain.search import as_search_text, search_terms
from app.settings import Settings
from app.usecases.create_store import create_store
from bench.table import Row, finish, parser, percentile
from tests.private_postgresql import Cluster

TIMES = 20
BATCH = 5_000
STATES = ("Settled",) * 70 + ("Expired",) * 28 + ("Processing", "New")
QUESTIONS: dict[str, dict[str, Any]] = {
    "newest": {},
    "at an offset of 50,000": {"skip": 50_000},
    "Settled or Expired": {"statuses": ("Settled", "Expired")},
    "Processing (1 in 100)": {"statuses": ("Processing",)},
    "Invalid (none)": {"statuses": ("Invalid",)},
    "one order": {"order_ids": ("order-77",)},
    "text that few have": {"text": "buyer77@"},
    "text that all have": {"text": "order-"},
    "text that nobody has": {"text": "zzzzzz"},
}


def main() -> None:
    command = parser(__doc__ or "")
    command.add_argument("--rows", type=int, default=100_000)
    options = command.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)  # PostgreSQL's own user must pass
        rows += measured("SQLite", f"sqlite:///{directory / 'sattle.db'}", directory, options.rows)
        cluster = Cluster(directory / "postgresql", durable=True)
        cluster.start()
        try:
            rows += measured("PostgreSQL", cluster.new_database(), directory, options.rows)
        finally:
            cluster.stop()
    finish(rows, options.json)


def measured(engine: str, url: str, directory: Path, count: int) -> list[Row]:
    """The figures of one engine."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": url}
    app = create_app(Settings.from_environment({**chosen, "SATTLE_LOG_LEVEL": "ERROR"}))
    with app.app_context():
        upgrade()
        store_id = fill(app, count)
        rows = [ask(engine, name, InvoiceQuery(store_id, "regtest", **asked)) for name, asked in QUESTIONS.items()]
        db.session.remove()
        db.engine.dispose()
    return rows


def ask(engine: str, name: str, wanted: InvoiceQuery) -> Row:
    """Read and tell the page as the API does."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        page = [invoice_answer(row, "https://pay.example") for row in invoices_wanted(reading(), wanted)]
        took.append(1000 * (time.perf_counter() - began))
        db.session.remove()
    return {
        "engine": engine,
        "asked for": name,
        "found": len(page),
        "p50 ms": round(percentile(took, 50), 1),
        "max ms": round(max(took), 1),
    }


def fill(app: Flask, count: int) -> str:
    """A store with that many invoices, a minute apart, as they are written."""
    now = app.extensions["sattle"].clock.now()
    store_id = create_store("a busy store", now)
    for first in range(0, count, BATCH):
        invoices, terms = [], []
        for number in range(first, min(first + BATCH, count)):
            row = invoice_row(store_id, number, now - timedelta(minutes=count - number))
            found = search_terms([row["id"], row["order_id"], f"buyer{number}@shop.example", secrets.token_hex(20)])
            invoices.append({**row, "search_text": as_search_text(found)})
            terms += [{"store_id": store_id, "term": term, "invoice_id": row["id"]} for term in found]
        with change() as session:
            session.connection().execute(insert(Invoice), invoices)
            session.connection().execute(insert(SearchTerm), terms)
    return store_id


def invoice_row(store_id: str, number: int, created_at: Any) -> dict[str, Any]:
    """An invoice's columns."""
    return {
        "id": new_id(),
        "store_id": store_id,
        "price": Decimal("12.34"),
        "currency": "EUR",
        "is_top_up": False,
        "tolerance_percent": Decimal(0),
        "speed_policy": "MediumSpeed",
        "network_fee_mode": "Never",
        "created_at": created_at,
        "expires_at": created_at + timedelta(minutes=15),
        "monitoring_ends_at": created_at + timedelta(days=1),
        "status": STATES[number % len(STATES)],
        "additional_status": "None",
        "order_id": f"order-{number}",
        "details": {},
        "metadata_": {"orderId": f"order-{number}", "buyerEmail": f"buyer{number}@shop.example"},
        "checkout": {},
        "receipt": {},
    }


if __name__ == "__main__":
    main()
