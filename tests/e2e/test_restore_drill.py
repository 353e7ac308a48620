"""The restore drill: a backup in the middle of sales, the database lost, the backup put into an empty place."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from app.settings import Settings
from regtest.harness import Harness
from regtest.node import Node
from regtest.waiting import wait_until
from tests.e2e.case import Case, Order

pytestmark = pytest.mark.slow  # a minute; what it is made of, backups and restores on both engines, is in `make test`

PRICE_SATS = 20_000  # of the order of 10 EUR
SETTLED_CODES = [1001, 1002, 1003, 1005, 1006]


@dataclass
class Drill:
    """What happened before the database was lost, and what the restored one knows."""

    sattle: Harness
    case: Case
    orders: list[Order] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)  # by invoice id, of every invoice ever made
    paid: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # txids by invoice id
    known: set[str] = field(default_factory=set)  # the invoices that the backup holds

    def sell(self) -> Order:
        order = self.case.order("10.00")
        self.orders.append(order)
        self.addresses[order.invoice_id] = order.address
        return order

    def pay(self, order: Order) -> None:
        self.paid[order.invoice_id].append(self.case.payer.pay(self.addresses[order.invoice_id], PRICE_SATS))

    def restored(self) -> list[Order]:
        return [order for order in self.orders if order.invoice_id in self.known]

    def unpaid(self) -> list[Order]:
        return [order for order in self.orders if not self.paid[order.invoice_id]]


@contextmanager
def busy(drill: Drill) -> Iterator[None]:
    """Orders come all the time, and every other buyer pays."""
    stopping = threading.Event()

    def buy() -> None:
        while not stopping.is_set():
            drill.sell()
            buyer = drill.sell()
            drill.pay(buyer)
            buyer.wait_status("Processing")

    buyer = threading.Thread(target=buy)
    buyer.start()
    yield
    stopping.set()
    buyer.join()


def lose_database(sattle: Harness) -> None:
    """What a dead disk or a slip of the hand does. The data directory beside it, with its marks, is still there."""
    url = sattle.installation.environment()["DATABASE_URL"]
    if url.startswith("sqlite"):
        for path in sattle.installation.directory.glob("sattle.db*"):
            path.unlink()
        return
    name = make_url(url).database
    with psycopg.connect(make_url(url).set(database="postgres").render_as_string(False), autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])]
)
def drill(request: pytest.FixtureRequest, node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """Everything up to the start of the restored server; the shop was up all the time."""
    directory = Path(tmp_path_factory.mktemp("drill"))
    url = request.getfixturevalue("postgresql").new_database() if request.param == "postgresql" else None
    with Harness(node, directory, database_url=url) as sattle:
        drill = Drill(sattle, Case(sattle))
        file = directory / "sattle.backup"
        take_backup(drill, file)
        go_on(drill)
        sattle.web.stop()
        sattle.worker.stop()
        lose_database(sattle)
        sattle.installation.flask("restore", str(file))
        listed = sattle.installation.flask_json("invoice", "list", drill.case.store.id, "--limit", "1000")
        drill.known = {invoice["id"] for invoice in listed}
        sattle.worker.start()
        sattle.start_web()
        node.mine()
        sattle.advance(60)
        yield drill


def take_backup(drill: Drill, file: Path) -> None:
    """In the middle of sales: an order settled before, one whose shop was not told yet, and buyers who never stop."""
    settled, untold = drill.sell(), drill.sell()
    drill.pay(settled)
    drill.case.node.mine()
    settled.wait_order("processing")
    drill.case.answer("down")
    drill.pay(untold)
    untold.wait_status("Processing")
    drill.case.answer("ok")
    with busy(drill):
        wait_until(lambda: len(drill.orders) > 6, "buyers to come")
        drill.sattle.installation.flask("backup", str(file))
        sold = len(drill.orders)
        wait_until(lambda: len(drill.orders) > sold + 4, "buyers to go on")
    verdict: dict[str, Any] = drill.sattle.installation.flask_json("backup", "verify", str(file))
    assert verdict["good"], verdict


def go_on(drill: Drill) -> None:
    """After the backup: payments to invoices that are in it, confirmed and not, and invoices that are not in it."""
    old = drill.unpaid()
    confirmed, unconfirmed = old[0], old[1]
    drill.pay(confirmed)
    drill.case.node.mine()
    confirmed.wait_order("processing")
    drill.pay(unconfirmed)
    unconfirmed.wait_status("Processing")
    drill.pay(drill.sell())
    drill.sell()


def read(drill: Drill, table: str, *columns: str) -> dict[str, list[tuple[Any, ...]]]:
    """Columns of a table by invoice id, sorted, for the invoices of the backup; straight from the database."""
    engine = create_engine(Settings.from_environment(drill.sattle.installation.environment()).database_url)
    found: dict[str, list[tuple[Any, ...]]] = {invoice_id: [] for invoice_id in drill.known}
    with engine.connect() as connection:
        for invoice_id, *row in connection.exec_driver_sql(f"SELECT invoice_id, {', '.join(columns)} FROM {table}"):
            if invoice_id in found:
                found[invoice_id].append(tuple(row))
    engine.dispose()
    return {invoice_id: sorted(rows) for invoice_id, rows in found.items()}


def test_every_payment_since_the_backup_is_found_and_counted_once(drill: Drill) -> None:
    assert 6 < len(drill.known) < len(drill.orders), "some invoices are in the backup, and some are not"
    wanted = {
        invoice_id: sorted((txid, PRICE_SATS, "Settled") for txid in drill.paid[invoice_id])
        for invoice_id in drill.known
    }
    wait_until(
        lambda: read(drill, "payments", "txid", "value_sats", "status") == wanted, "the payments to be found", 60
    )
    for order in drill.restored():
        order.wait_status("Settled" if drill.paid[order.invoice_id] else "New")
    for invoice_id, events in read(drill, "events", "type").items():
        for kind in ("invoice_receivedPayment", "invoice_paymentSettled"):
            assert events.count((kind,)) == len(drill.paid[invoice_id])


def test_deliveries_go_on_and_the_shop_agrees(drill: Drill) -> None:
    def all_told() -> bool:
        return {state for states in read(drill, "deliveries", "state").values() for state in states} == {("delivered",)}

    wait_until(all_told, "everything to be delivered", 120)
    for order in drill.restored():
        if drill.paid[order.invoice_id]:
            order.wait_order("processing")
            assert list(dict.fromkeys(order.ipn_codes())) == SETTLED_CODES


def test_the_restored_server_takes_payments_for_invoices_of_the_backup(drill: Drill) -> None:
    order = next(order for order in drill.restored() if not drill.paid[order.invoice_id])
    drill.pay(order)
    order.wait_status("Processing")
    drill.case.node.mine()
    order.wait_order("processing")
    assert order.events().count("receivedPayment") == 1


def test_no_address_is_issued_twice(drill: Drill) -> None:
    before = set(drill.addresses.values())
    lost = len(drill.orders) - len(drill.restored())
    again = {drill.case.order("10.00").address for _ in range(lost + 1)}
    assert not again & before


def test_a_payment_of_a_lost_invoice_pays_no_other(drill: Drill) -> None:
    credited = {txid for payments in read(drill, "payments", "txid").values() for (txid,) in payments}
    lost = [txid for invoice_id, txids in drill.paid.items() if invoice_id not in drill.known for txid in txids]
    assert lost
    assert not credited & set(lost)
