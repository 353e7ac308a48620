"""A real worker tells webhooks. Killed while it does, or waits to, the next one goes on in order, with the same ids."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db.models import Delivery
from app.db.session import change
from app.domain.events import EventType
from regtest.processes import Process
from regtest.shop.greenfield.connecting import EVENTS as PLUGIN
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until
from tests.integration.webhook_bench import PluginShop, WebhookBench

NO_NODE = {"SATTLE_NODE_URL": "http://127.0.0.1:9", "SATTLE_NODE_ZMQ": "tcp://127.0.0.1:9"}
TOLD = ["InvoiceProcessing", "InvoiceSettled"]


@pytest.fixture
def shop() -> Iterator[PluginShop]:
    shop = PluginShop()
    yield shop
    shop.close()


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str, shop: PluginShop) -> Iterator[WebhookBench]:
    bench = WebhookBench(tmp_path, migrated_url)
    yield bench
    bench.stop()


@pytest.fixture
def worker(bench: WebhookBench, tmp_path: Path, migrated_url: str) -> Iterator[Process]:
    """A real worker, without a node: the shops are told all the same."""
    settings = {
        "SATTLE_NETWORK": "regtest",
        "SATTLE_DATA_DIR": str(tmp_path),
        "SATTLE_TEST_CLOCK": str(tmp_path / "clock"),
        "DATABASE_URL": migrated_url,
        "FLASK_SKIP_DOTENV": "1",
        "HOME": str(tmp_path),
        **NO_NODE,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    log = tmp_path / "worker.log"
    process = Process("worker", command, log=log, environment=settings, directory=PROJECT_ROOT)
    process.start()
    yield process
    process.stop()


def told_about(shop: PluginShop, invoice: str) -> list[dict[str, Any]]:
    return [sent.body for sent in shop.sent if sent.body["invoiceId"] == invoice]


def test_a_killed_worker_loses_no_event_and_no_order(
    bench: WebhookBench, shop: PluginShop, worker: Process, tmp_path: Path
) -> None:
    _, secret = bench.webhook(shop.url + "/hook", *PLUGIN)
    shop.let_go.clear()
    invoices = [bench.happen(EventType.PAID_IN_FULL, EventType.CONFIRMED) for _ in range(3)]
    wait_until(lambda: len(shop.sent) == 3, "the first tries to be under way")
    worker.kill()
    shop.statuses["/hook"] = 500
    shop.let_go.set()
    worker.start()
    for invoice in invoices:
        wait_until(lambda invoice=invoice: (500, True) in bench.attempts(invoice), "the second tries to fail")
    worker.kill()
    shop.statuses["/hook"] = 200
    bench.advance(minutes=2)
    worker.start()
    for invoice in invoices:
        wait_until(bench.all_are(invoice, "delivered", "delivered"), "everything to be delivered")
        told = told_about(shop, invoice)
        assert [each["type"] for each in told] == [TOLD[0]] * 3 + [TOLD[1]]
        assert {each["originalDeliveryId"] for each in told[:3]} == {told[0]["deliveryId"]}
        assert [each["isRedelivery"] for each in told] == [False, True, True, False]
    assert all(sent.is_signed_with(secret) for sent in shop.sent)
    assert secret not in (tmp_path / "worker.log").read_text("utf-8")


def test_the_worker_lets_settled_pass_and_forgets_old_bodies(
    bench: WebhookBench, shop: PluginShop, worker: Process
) -> None:
    bench.webhook(shop.url + "/hook", *PLUGIN)
    shop.statuses["/hook"] = 500
    invoice = bench.happen(EventType.PAID_IN_FULL, EventType.CONFIRMED)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try to fail")
    shop.statuses["/hook"] = 200
    with bench.app.app_context(), change() as session:
        for row in session.scalars(select(Delivery)):
            row.next_at += timedelta(days=1) if row.attempts else timedelta(0)
    bench.advance(minutes=61)
    wait_until(bench.all_are(invoice, "superseded", "delivered"), "the later status to pass")
    assert shop.types("/hook") == TOLD
    bench.advance(days=61)
    wait_until(lambda: bench.bodies(invoice) == [False, False], "the bodies to be dropped")
    assert worker.alive
