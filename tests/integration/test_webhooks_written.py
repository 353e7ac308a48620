"""What is owed to webhooks is written with what happened: payments in their order, new invoices at no further cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from app.db.models import Delivery, Invoice, Payment, Prompt, db
from app.db.session import assessing_change
from app.domain.chain import Tip
from app.domain.exact_json import loads
from app.domain.ids import new_id
from app.domain.webhooks import Subscription, WebhookTerms
from app.usecases.create_webhook import create_webhook
from app.usecases.refresh_invoice import refresh_invoice
from regtest.shop.greenfield.connecting import EVENTS as PLUGIN
from tests.integration.delivery_bench import bare_invoice
from tests.integration.webhook_bench import WebhookBench
from tests.till import Till

TXID = "ab" * 32


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str) -> Iterator[WebhookBench]:
    bench = WebhookBench(tmp_path, migrated_url)
    yield bench
    bench.stop()


def paid_invoice(bench: WebhookBench, policy: str, **where: Any) -> str:
    """An invoice of 10 EUR that one output of 30,000 sats pays, as the chain was recorded."""
    now = bench.clock.now()
    row = bare_invoice(new_id(), now)
    row.price, row.speed_policy, row.order_id = Decimal(10), policy, "7"
    row.details = {"buyer": {"email": "ann@example.com"}}
    row.expires_at = row.monitoring_ends_at = now + timedelta(hours=1)
    prompt = Prompt(payment_method="BTC-CHAIN", destination="bcrt1qours", rate=Decimal(50_000), network="regtest")
    prompt.rate_source, prompt.rate_at = "fixed", now
    payment = Payment(network="regtest", txid=TXID, vout=1, value_sats=30_000, recorded_at=now, paid_at=now, **where)
    with bench.app.app_context(), assessing_change() as session:
        row.prompts, payment.prompt = [prompt], prompt
        row.payments = [payment]
        session.add(row)
        return row.id


def assessed(bench: WebhookBench, invoice: str) -> list[dict[str, Any]]:
    """What webhooks are owed after a look at the invoice."""
    with bench.app.app_context():
        now = bench.clock.now()
        with assessing_change() as session:
            refresh_invoice(session, session.get_one(Invoice, invoice), Tip(100, "h", now), now)
        rows = db.session.scalars(select(Delivery).where(Delivery.invoice_id == invoice).order_by(Delivery.id))
        return [loads(row.content or "") for row in rows]


@pytest.mark.parametrize(
    ("policy", "where"),
    [
        ("HighSpeed", {"verified_in": "mempool"}),
        ("MediumSpeed", {"height": 100, "block_hash": "h", "verified_in": "h"}),
    ],
)
def test_a_payment_is_received_before_it_is_settled_also_where_it_is_both_at_once(
    bench: WebhookBench, policy: str, where: dict[str, Any]
) -> None:
    bench.webhook("http://127.0.0.1:9/", *PLUGIN)
    told = assessed(bench, paid_invoice(bench, policy, **where))
    assert [each["type"] for each in told] == [
        "InvoiceReceivedPayment",
        "InvoiceProcessing",
        "InvoicePaymentSettled",
        "InvoiceSettled",
    ]
    assert told[1]["overPaid"] is told[3]["overPaid"] is True
    assert told[0]["afterExpiration"] is told[2]["afterExpiration"] is told[3]["manuallyMarked"] is False
    assert told[0]["payment"] == {
        "id": f"{TXID}-1",
        "receivedDate": told[0]["payment"]["receivedDate"],
        "value": "0.00030000",
        "fee": "0.00000000",
        "status": "Settled",
        "destination": "bcrt1qours",
    }
    assert type(told[0]["payment"]["receivedDate"]) is int


def test_a_payment_is_told_as_it_stood_then(bench: WebhookBench) -> None:
    bench.webhook("http://127.0.0.1:9/", *PLUGIN)
    invoice = paid_invoice(bench, "MediumSpeed")
    assessed(bench, invoice)
    with bench.app.app_context(), assessing_change() as session:
        payment = session.scalars(select(Payment)).one()
        payment.height, payment.block_hash, payment.verified_in = 100, "h", "h"
    told = assessed(bench, invoice)
    assert [(each["type"], each.get("payment", {}).get("status")) for each in told] == [
        ("InvoiceReceivedPayment", "Processing"),
        ("InvoiceProcessing", None),
        ("InvoicePaymentSettled", "Settled"),
        ("InvoiceSettled", None),
    ]


def test_an_invoice_of_the_bitpay_dialect_is_told_with_the_metadata_it_amounts_to(bench: WebhookBench) -> None:
    bench.webhook("http://127.0.0.1:9/", "InvoiceProcessing")
    (told,) = assessed(bench, paid_invoice(bench, "MediumSpeed"))
    assert told["metadata"] == {"orderId": "7", "buyerEmail": "ann@example.com"}


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def subscribe(store_id: str, now: datetime, *types: str) -> None:
    terms = WebhookTerms("http://127.0.0.1:9/", Subscription(not types, types))
    create_webhook(store_id, terms, now, by_hand=True)


def test_making_an_invoice_costs_no_statement_where_no_webhook_asks_for_it(tmp_path: Path, migrated_url: str) -> None:
    till = Till(tmp_path, migrated_url)
    store = till.store()
    till.invoice(store)  # what is asked once in a process is asked

    def asked_for_an_invoice() -> list[str]:
        with till.app.app_context(), statements() as asked:
            till.invoice(store)
        return asked

    without = asked_for_an_invoice()
    with till.app.app_context():
        subscribe(store, till.now(), *PLUGIN)
    assert asked_for_an_invoice() == without
    with till.app.app_context():
        subscribe(store, till.now())
    with_webhook = asked_for_an_invoice()
    till.rest()
    added = [statement for statement in with_webhook if statement not in without]
    assert [statement.split()[0] for statement in added if "webhooks" in statement] == ["SELECT"]
    assert len(with_webhook) == len(without) + 2  # the webhooks, and the delivery
