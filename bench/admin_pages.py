"""How long the merchant's pages take at the server with 100,000 invoices, on both engines: home, list, search, report.

python -m bench.admin_pages [--rows N] [--json FILE]

Each page is asked for by a signed-in merchant of the store, through the whole application, without HTTP between. Seven
in ten invoices are settled by a payment of their own, at a rate of their own, spread evenly over the last 70 days. CPU
is that of our process alone; on SQLite it is all there is.
"""

import secrets
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from app import create_app
from app.db.models import Event, Invoice, Payment, Prompt, SearchTerm, Wallet, db
from app.db.queries import reading
from app.db.revisions import upgrade
from app.db.session import change
from app.domain.money import amount_rank
from app.domain.search import as_search_text, search_terms
from app.settings import Settings
from app.usecases.add_wallet import add_wallet
from app.usecases.create_store import create_store
from app.usecases.create_user import create_user
from app.usecases.sign_in import sign_in
from bench.list_invoices import BATCH, invoice_row
from bench.table import Row, finish, parser, percentile
from tests.account_keys import fresh_key
from tests.private_postgresql import Cluster

TIMES = 20
WANTED_MS = 300
DAYS = 70
PAGES = {
    "home": "/admin",
    "list, newest": "/admin/invoices",
    "list, oldest": "/admin/invoices?order=oldest",
    "list, largest amount": "/admin/invoices?order=amount",
    "list, settled": "/admin/invoices?status=Settled",
    "list, settled, largest": "/admin/invoices?status=Settled&order=amount",
    "list, processing (1 in 100), largest": "/admin/invoices?status=Processing&order=amount",
    "list, invalid (none)": "/admin/invoices?status=Invalid",
    "list, paid late (1 in 1,000)": "/admin/invoices?additional=PaidLate",
    "list, paid late, largest": "/admin/invoices?additional=PaidLate&order=amount",
    "list, a week": "/admin/invoices?from={week}&to={today}",
    "list, in the middle": "/admin/invoices?after={middle}",
    "search, an order": "/admin/invoices?q=order-77777",
    "search, an e-mail": "/admin/invoices?q=buyer77@",
    "search, a transaction": "/admin/invoices?q={txid}",
    "search, what all have": "/admin/invoices?q=order-",
    "search, what nobody has": "/admin/invoices?q=zzzzzz",
    "one invoice": "/admin/invoices/{invoice}",
    "report of 90 days": "/admin/reports?days=90",
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
        client = fill(app, count)
        if not url.startswith("sqlite"):
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))  # as autovacuum leaves it
        places = some_places(app)
        db.session.remove()
    rows = [ask(engine, name, client, path.format(**places)) for name, path in PAGES.items()]
    with app.app_context():
        db.engine.dispose()
    return rows


def ask(engine: str, name: str, client: FlaskClient, path: str) -> Row:
    """The page, again and again; the first time is left out: it compiles the template."""
    took, spent = [], []
    for _ in range(TIMES + 1):
        began, ticked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        took.append(1000 * (time.perf_counter() - began))
        spent.append(1000 * (time.process_time() - ticked))
        assert answer.status_code == 200, (path, answer.status_code)
    took, spent = took[1:], spent[1:]
    return {
        "engine": engine,
        "page": name,
        "p50 ms": round(percentile(took, 50), 1),
        "max ms": round(max(took), 1),
        "CPU ms": round(percentile(spent, 50), 1),
        "KB": round(len(answer.data) / 1000),
        "wanted ms": WANTED_MS,
    }


def some_places(app: Flask) -> dict[str, str]:
    """What the addresses of the pages name."""
    now: datetime = app.extensions["sattle"].clock.now()
    middle = reading().execute(select(Invoice.created_at, Invoice.id).order_by(Invoice.created_at).offset(50).limit(1))
    row = middle.one()
    payment = reading().scalars(select(Payment).limit(1)).one()
    return {
        "week": f"{now - timedelta(days=37):%Y-%m-%d}",
        "today": f"{now - timedelta(days=30):%Y-%m-%d}",
        "middle": f"{(now - timedelta(days=DAYS / 2)).isoformat().replace('+', '%2B')}~{row.id}",
        "txid": payment.txid,
        "invoice": payment.invoice_id,
    }


def fill(app: Flask, count: int) -> FlaskClient:
    """A store with that many invoices, and a browser in which its owner is signed in."""
    server = app.extensions["sattle"]
    now = server.clock.now()
    store_id = create_store("a busy store", now)
    wallet_id = add_wallet(store_id, server.account_key(fresh_key(), None).descriptor, "regtest", now)
    for first in range(0, count, BATCH):
        batch = list(rows_of(store_id, wallet_id, range(first, min(first + BATCH, count)), count, now))
        with change() as session:
            for table in (Invoice, Prompt, Event, SearchTerm, Payment):
                rows = [row for kind, row in batch if kind is table]
                if rows:
                    session.connection().execute(insert(table), rows)
    with change() as session:
        session.get_one(Wallet, wallet_id).next_index = count
    return signed_in(app, store_id, now)


def signed_in(app: Flask, store_id: str, now: datetime) -> FlaskClient:
    """A browser of the owner, who is an administrator as well: home then shows all there is."""
    password = secrets.token_hex(16)
    create_user("owner@shop.example", password, now, [store_id], is_administrator=True)
    client = app.test_client()
    client.set_cookie("sattle", sign_in("owner@shop.example", password, "", now))
    return client


def rows_of(
    store_id: str, wallet_id: int, numbers: range, count: int, now: datetime
) -> Iterator[tuple[type[Any], dict[str, Any]]]:
    """The rows of these invoices, each with its table."""
    for number in numbers:
        created = now - timedelta(days=DAYS) * (1 - number / count)
        invoice = invoice_row(store_id, number, created)
        price = Decimal(1000 + number % 90_000) / 100
        late = number % 1000 == 75  # one of the expired ones
        state = {"additional_status": "PaidLate" if late else "None"}
        address = f"bcrt1q{secrets.token_hex(19)}"
        found = search_terms([invoice["id"], invoice["order_id"], f"buyer{number}@shop.example", address])
        said = {"search_text": as_search_text(found), "price": price, "amount_rank": amount_rank(price)}
        yield Invoice, {**invoice, **state, **said}
        yield Prompt, prompt_row(invoice, number, wallet_id, address)
        yield Event, {"invoice_id": invoice["id"], "type": "invoice_created", "at": created, "payload": {}}
        for term in found:
            yield SearchTerm, {"store_id": store_id, "term": term, "invoice_id": invoice["id"]}
        if invoice["status"] == "Settled" or late:
            yield Payment, payment_row(invoice, number)


def prompt_row(invoice: dict[str, Any], number: int, wallet_id: int, address: str) -> dict[str, Any]:
    """Each has a rate of its own: what settled can only be summed up one by one."""
    return {
        "id": number + 1,
        "invoice_id": invoice["id"],
        "payment_method": "BTC-CHAIN",
        "destination": address,
        "rate": Decimal(50_000) + Decimal(number % 99_991) / 10,
        "rate_source": "fixed",
        "rate_at": invoice["created_at"],
        "fee_sats": 0,
        "fee_rate_sat_per_vbyte": 1,
        "network": "regtest",
        "script_pubkey": secrets.token_bytes(22),
        "wallet_id": wallet_id,
        "address_index": number,
    }


def payment_row(invoice: dict[str, Any], number: int) -> dict[str, Any]:
    """Seen two minutes later, and settled a quarter of an hour after that."""
    seen = invoice["created_at"] + timedelta(minutes=2)
    return {
        "network": "regtest",
        "txid": secrets.token_hex(32),
        "vout": 0,
        "prompt_id": number + 1,
        "invoice_id": invoice["id"],
        "value_sats": 20_000 + number,
        "fee_sats": 0,
        "recorded_at": seen,
        "paid_at": seen,
        "height": 100 + number // 10,
        "at_risk": False,
        "signals_rbf": False,
        "is_coinbase": False,
        "status": "Settled",
        "announced": True,
        "settled_at": seen + timedelta(minutes=15),
    }


if __name__ == "__main__":
    main()
