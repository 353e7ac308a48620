"""An installation of an older revision is brought to the newest one: nothing is lost, and the product goes on."""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.api.greenfield.store_fields import told_store
from app.db.models import Prompt, Store, Wallet, db
from app.db.revisions import downgrade, upgrade
from app.db.schema import MIGRATIONS
from app.db.session import WRITES
from app.services import Services
from app.settings import Settings
from app.usecases.create_invoice import NewInvoice, create_invoice
from app.usecases.create_store import set_store

ROWS = Path(__file__).parents[1] / "fixtures" / "rows_of_0001.sql"
INVOICE = "PaidInvoice"


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The product on a database that revision 0001 made and used."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(tmp_path), "DATABASE_URL": database_url}
    app = create_app(Settings.from_environment(chosen))
    with app.app_context():
        upgrade(revision="0001")
        write(statements(db.engine.dialect.name))
        yield app
        db.session.remove()
        db.engine.dispose()


def statements(engine: str) -> list[str]:
    text = "".join(line for line in ROWS.read_text("utf-8").splitlines(keepends=True) if not line.startswith("--"))
    if engine == "postgresql":
        text = "SET TIME ZONE 'UTC';\n" + text.replace("X'", "'\\x")
    return [statement for statement in text.split(";\n") if statement]


def write(lines: list[str]) -> None:
    with db.engine.connect().execution_options(**{WRITES: True}) as connection:
        for line in lines:
            connection.exec_driver_sql(line)
        connection.commit()


def contents() -> dict[tuple[str, str], list[str]]:
    """The values by (table, column), in an order that depends on them alone."""
    found = {}
    with db.engine.connect() as connection:
        for table in set(inspect(connection).get_table_names()) - {"alembic_version"}:
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings().all()
            for column in inspect(connection).get_columns(table):
                found[table, column["name"]] = sorted(repr(row[column["name"]]) for row in rows)
    return found


def told(app: Flask, *arguments: str) -> Any:
    done = app.test_cli_runner().invoke(args=[*arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_every_column_of_the_older_revision_is_seeded(app: Flask) -> None:
    assert [place for place, values in contents().items() if not values] == []


def test_an_upgrade_keeps_every_value_of_what_it_keeps(app: Flask) -> None:
    before = contents()
    upgrade()
    after = contents()
    kept = before.keys() & after.keys()
    assert len(kept) > len(before) / 2
    assert {place: after[place] for place in kept} == {place: before[place] for place in kept}


def test_the_way_back_loses_no_row(app: Flask) -> None:
    before = {place: len(values) for place, values in contents().items()}
    upgrade()
    downgrade(revision="0001")
    assert {place: len(values) for place, values in contents().items()} == before


def test_the_product_reads_what_the_older_revision_wrote(app: Flask) -> None:
    upgrade()
    assert told(app, "store", "list") == [{"id": "store1", "name": "Corner Books"}]
    (wallet,) = told(app, "wallet", "list")
    assert (wallet["next_index"], [store["id"] for store in wallet["stores"]]) == (7, ["store1"])
    shown = told(app, "invoice", "show", INVOICE)
    invoice, (payment,) = shown["invoice"], shown["payments"]
    assert (invoice["price"], invoice["status"], invoice["order_id"]) == ("83.50", "Settled", "1042")
    assert invoice["created_at"] == "2026-01-01T10:00:00+00:00"
    assert (payment["outpoint"], payment["value_sats"]) == ("11" * 32 + "-1", 167_000)
    assert (payment["confirmations"], payment["paid_at"]) == (1, "2026-01-01T10:05:00.250000+00:00")
    assert [event["type"] for event in shown["events"]] == ["invoice_created", "invoice_confirmed"]
    first, second = shown["deliveries"]
    assert (first["state"], first["shape"], second["state"]) == ("delivered", "ipn_extended", "pending")
    assert [attempt["http_status"] for attempt in (*first["attempts"], *second["attempts"])] == [200, None]
    page = app.test_client().get(f"/i/{INVOICE}/status")
    assert page.json
    assert {name: page.json[name] for name in ("state", "paid", "itemDesc", "merchantRefLink")} == {
        "state": "paid",
        "paid": "0.00167000",
        "itemDesc": "A mug",
        "merchantRefLink": "https://shop.example/order/1042",
    }


def test_the_product_goes_on_where_the_older_revision_stopped(app: Flask) -> None:
    upgrade()
    services: Services = app.extensions["sattle"]
    asked = NewInvoice("store1", Decimal(10), notification_url="https://shop.example/ipn", extended_notifications=True)
    made = create_invoice(asked, services.surroundings(), services.clock.now())
    assert db.session.query(Prompt.address_index).filter_by(invoice_id=made).scalar() == 7
    assert db.session.query(Wallet.next_index).scalar() == 8
    shown = told(app, "invoice", "show", made)
    assert [delivery["url_host"] for delivery in shown["deliveries"]] == ["shop.example"]


def test_windows_in_minutes_become_seconds_and_go_back(app: Flask) -> None:
    upgrade()
    windows = ("expiration_seconds", "monitoring_seconds", "display_timer_seconds")
    assert [contents()["stores", name] for name in windows] == [["900"], ["86400"], ["300"]]
    set_store("store1", {"expiration_seconds": 150, "monitoring_seconds": 630})
    downgrade(revision="0006")
    assert [contents()["stores", f"{name}_minutes"] for name in ("expiration", "monitoring")] == [["2"], ["10"]]
    upgrade()
    assert contents()["stores", "expiration_seconds"] == ["120"]


def test_a_store_of_the_older_revision_goes_by_the_server_s_rules(app: Flask) -> None:
    upgrade()
    shown = told_store(db.session.get_one(Store, "store1"))
    kept = {"name": "Corner Books", "website": "https://shop.example/", "defaultCurrency": "EUR"}
    assert shown == {**shown, **kept, "paymentTolerance": Decimal("1.5"), "anyoneCanCreateInvoice": True}
    assert (shown["archived"], shown["additionalTrackedRates"], shown["defaultPaymentMethod"]) == (False, [], None)
    assert told(app, "store", "rates", "store1") == {"BTC_EUR": "50000"}


BAD_REVISION = """
from alembic import op
revision, down_revision, branch_labels, depends_on = 'bad', {head!r}, None, None
def upgrade():
    op.execute("UPDATE stores SET name = 'half done'")
    op.execute("DELETE FROM wallets")
"""


def test_a_revision_that_would_lose_a_reference_changes_nothing(
    app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade()
    before = contents()
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copy)
    head = ScriptDirectory(str(copy)).get_current_head()
    (copy / "versions" / "bad.py").write_text(BAD_REVISION.format(head=head))
    with pytest.raises((SystemExit, IntegrityError)):
        flask_migrate.upgrade(directory=str(copy))
    assert contents() == before
    if db.engine.dialect.name == "sqlite":
        assert "2 rows would have lost what they refer to" in caplog.text
