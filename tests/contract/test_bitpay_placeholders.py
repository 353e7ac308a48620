"""Placeholders in the addresses that clients give: kept as given, filled when used (bitpay-api section 4)."""

from app.db.models import Delivery, Endpoint
from app.db.queries import reading
from app.domain.invoice import Status
from app.usecases.deliver import start_attempt
from app.usecases.mark_invoice import mark_invoice
from tests.contract.conftest import Client, Server


def invoice(client: Client, order_id: str, **fields: object) -> str:
    target = "http://127.0.0.1:9/ipn/{OrderId}?i={InvoiceId}&s={Status}"
    made = client.create(notificationURL=target, orderId=order_id, extendedNotifications=True, **fields)
    return str(made.json()["data"]["id"])


def urls_told(server: Server, invoice_id: str) -> list[str]:
    """Where each delivery of the invoice goes if it is sent now."""
    with server.app.app_context():
        session, now = reading(), server.services.clock.now()
        ids = [row.id for row in session.query(Delivery).filter_by(invoice_id=invoice_id).order_by(Delivery.id)]
        jobs = [start_attempt(delivery_id, "a test", lambda *_: b"", now) for delivery_id in ids]
        return [job.url for job in jobs if job is not None]


def test_a_notification_goes_to_the_address_of_its_order_and_status(server: Server, client: Client) -> None:
    invoice_id = invoice(client, "1 & 2")
    with server.app.app_context():
        mark_invoice(invoice_id, Status.SETTLED, server.services.clock.now())
    told = f"http://127.0.0.1:9/ipn/1%20%26%202?i={invoice_id}&s=Settled"
    assert urls_told(server, invoice_id) == [told] * 3


def test_invoices_with_the_same_placeholders_share_one_endpoint(server: Server, client: Client) -> None:
    first, second = invoice(client, "1"), invoice(client, "2")
    with server.app.app_context():
        assert reading().query(Endpoint).count() == 1
    assert [url.partition("?")[0] for url in urls_told(server, first)] == ["http://127.0.0.1:9/ipn/1"]
    assert [url.partition("?")[0] for url in urls_told(server, second)] == ["http://127.0.0.1:9/ipn/2"]


def test_the_buyer_returns_to_the_page_of_the_order(server: Server, client: Client) -> None:
    made = client.create(redirectURL="https://shop.example/{orderid}?s={Status}", orderId="7/8").json()["data"]
    page = client.get(f"/i/{made['id']}").text
    assert 'href="https://shop.example/7%2F8?s=New"' in page
    assert client.get(f"/i/{made['id']}/status").json()["merchantRefLink"] == "https://shop.example/7%2F8?s=New"


def test_an_order_that_has_no_id_leaves_its_place_empty(client: Client) -> None:
    made = client.create(redirectURL="https://shop.example/{OrderId}/end").json()["data"]
    assert 'href="https://shop.example//end"' in client.get(f"/i/{made['id']}").text


def test_a_host_made_of_a_placeholder_is_refused(client: Client) -> None:
    for field in ("notificationURL", "redirectURL"):
        answer = client.create(**{field: "https://{OrderId}.example/"}, orderId="evil")
        assert answer.status_code == 400
        assert field in answer.json()["error"]
