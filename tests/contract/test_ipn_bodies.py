"""The bodies of IPNs (bitpay-api section 7)."""

import json
from typing import Any

import pytest

from app.api.bitpay.ipn import ipn_body
from app.db.models import Delivery, Event, Invoice
from app.db.queries import reading
from app.domain.invoice import Status
from app.usecases.mark_invoice import mark_invoice
from tests.contract.conftest import Client, Server

FIELDS = {
    "id", "url", "posData", "status", "btcPrice", "price", "currency", "invoiceTime", "expirationTime", "currentTime",
    "btcPaid", "btcDue", "rate", "exceptionStatus", "buyerFields", "transactionCurrency", "paymentSubtotals",
    "paymentTotals", "amountPaid", "exchangeRates", "orderId",
}  # fmt: skip
PUBLIC_URL = "https://pay.example.com"


def bodies(server: Server, invoice_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Event, shape and body of each delivery owed for the invoice, in order."""
    with server.app.app_context():
        session, now = reading(), server.services.clock.now()
        owed = session.query(Delivery).filter_by(invoice_id=invoice_id).order_by(Delivery.id).all()
        return [(d.event.type, d.shape, json.loads(ipn_body(session, d, PUBLIC_URL, now))) for d in owed]


def invoice_with_ipn(client: Client, **fields: Any) -> str:
    target = "http://127.0.0.1:9/ipn"
    made = client.create(notificationURL=target, posData='{"o":1}', orderId="7", buyerEmail="a@example.com", **fields)
    return str(made.json()["data"]["id"])


def test_an_extended_ipn_wraps_what_a_plain_one_is(server: Server, client: Client) -> None:
    invoice_id = invoice_with_ipn(client, extendedNotifications=True)
    with server.app.app_context():
        mark_invoice(invoice_id, Status.SETTLED, server.services.clock.now())
    created, plain, extended = bodies(server, invoice_id)
    assert created[:2] == ("invoice_created", "ipn_extended")
    assert created[2]["event"] == {"code": 1001, "name": "invoice_created"}
    assert plain[:2] == ("invoice_markedComplete", "ipn")
    assert extended[:2] == ("invoice_markedComplete", "ipn_extended")
    assert set(extended[2]) == {"event", "data"}
    for data in (plain[2], extended[2]["data"], created[2]["data"]):
        assert set(data) == FIELDS
    data = plain[2]
    assert (data["status"], data["exceptionStatus"], data["posData"]) == ("complete", "marked", '{"o":1}')
    assert (data["price"], data["rate"], data["btcDue"]) == (12.34, 50000, "0.00024680")
    assert data["url"] == f"{PUBLIC_URL}/invoice?id={invoice_id}"
    assert data["buyerFields"] == {"buyerEmail": "a@example.com"}


def test_without_full_notifications_marking_owes_nothing(server: Server, client: Client) -> None:
    invoice_id = invoice_with_ipn(client)
    with server.app.app_context():
        mark_invoice(invoice_id, Status.INVALID, server.services.clock.now())
    assert bodies(server, invoice_id) == []


@pytest.mark.parametrize(("event", "status"), [("invoice_paidInFull", "paid"), ("invoice_confirmed", "confirmed")])
def test_paid_and_confirmed_say_so_whatever_happened_since(
    server: Server, client: Client, event: str, status: str
) -> None:
    invoice_id = invoice_with_ipn(client)
    with server.app.app_context():
        session, now = reading(), server.services.clock.now()
        stored = Event(invoice_id=invoice_id, type=event, at=now, payload={})
        row = session.get_one(Invoice, invoice_id)
        session.add(stored)
        session.flush()
        delivery = Delivery(
            event_id=stored.id,
            endpoint_id=row.ipn_endpoint_id,
            invoice_id=invoice_id,
            shape="ipn",
            created_at=now,
            next_at=now,
        )
        session.add(delivery)
        session.flush()
        assert json.loads(ipn_body(session, delivery, PUBLIC_URL, now))["status"] == status
        session.rollback()
