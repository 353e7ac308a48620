"""What a buyer's pages and their JSON never hold, whatever the merchant and the shop told us; and how often anybody may
ask for them."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.db.models import Event, Invoice, Payment, Prompt, User, Wallet, db
from app.db.session import assessing_change
from app.throttle import Throttle
from tests.contract.greenfield_client import Merchant

NUMBER = 987_654_321  # of rows: nothing else is this number
BUYER = {
    "orderId": "1042",
    "orderUrl": "https://shop.example/admin/order/1042?key=order-secret",
    "itemDesc": "Two books",
    "buyerName": "Erika Geheim",
    "buyerEmail": "erika@buyer.example",
    "buyerAddress1": "Geheimweg 1",
    "buyerPhone": "+49 30 1234567",
    "posData": '{"Number": "pos-secret"}',
    "internal": "note-secret",
    "receiptData": {"Cart": "two books"},
}
FIELDS = """
    invoiceId status additionalStatus state isTerminal storeId storeName orderId itemDesc paymentMethodId
    paymentMethodCurrency availablePaymentMethods address due paid orderAmount orderAmountFiat invoiceCurrency rate
    networkFee txCount isUnsetTopUp expirationSeconds maxTimeSeconds timeLeft requiredConfirmations
    receivedConfirmations invoiceBitcoinUrl invoiceBitcoinUrlQR merchantRefLink redirectAutomatically
"""
STATES = ["New", "Processing", "Settled", "Expired", "Invalid"]
PATHS = [
    "/i/{}",
    "/i/{}/BTC-CHAIN",
    "/i/{}?view=modal&lang=ar",
    "/invoice?id={}",
    "/i/{}/status",
    "/i/{}/qr.svg",
    "/i/{}/receipt",
    "/i/{}/receipt?print=true",
    "/i/{}/receipt.svg",
    "/i/{}/story",
    "/i/{}/story.json",
]
LIMITED = [*PATHS, "/i/{}/events"]


@pytest.fixture
def invoice(merchant: Merchant) -> str:
    """As rich as it gets: what the plugin sends and more, a payment, rows with numbers that stand out."""
    asked = {
        "amount": "83.50",
        "currency": "EUR",
        "metadata": BUYER,
        "checkout": {"redirectURL": "https://shop.example/thanks/{OrderId}", "speedPolicy": "LowSpeed"},
        "additionalSearchTerms": ["term-secret"],
    }
    made = merchant.plugin().post(f"/stores/{merchant.store_id}/invoices", asked).json
    assert made is not None
    invoice_id = str(made["id"])
    with merchant.app.app_context(), assessing_change() as session:
        now = merchant.services.clock.now()
        prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
        payment = {"txid": "ab" * 32, "vout": 0, "value_sats": 167_000, "height": 1, "block_hash": "cd" * 32}
        moments = {"recorded_at": now, "paid_at": now}
        ids = {"id": NUMBER, "prompt_id": prompt.id, "invoice_id": invoice_id}
        session.add(Payment(**ids, network="regtest", **payment, **moments))
        session.add(Event(id=NUMBER + 1, invoice_id=invoice_id, type="invoice_paidInFull", at=now))
    return invoice_id


def set_status(app: Flask, invoice_id: str, status: str) -> None:
    with app.app_context(), assessing_change() as session:
        session.get_one(Invoice, invoice_id).status = status


def secrets_of(app: Flask) -> Iterator[str]:
    """What is in the database and no buyer's business."""
    with app.app_context():
        for wallet in db.session.query(Wallet):
            yield wallet.descriptor
            yield from re.findall(r"[xyztuv]pub\w+|\[[0-9a-f]{8}/", wallet.descriptor)
        for user in db.session.query(User):
            yield from (user.id, user.email)
        yield from (str(BUYER[name]) for name in BUYER if name.startswith(("buyer", "internal")))
    yield from (str(NUMBER), str(NUMBER + 1), "order-secret", "pos-secret", "term-secret", "shop.example/admin")


@pytest.mark.parametrize("status", STATES)
def test_no_public_answer_holds_a_secret(merchant: Merchant, invoice: str, status: str) -> None:
    set_status(merchant.app, invoice, status)
    client = merchant.app.test_client()
    secrets = list(secrets_of(merchant.app))
    assert any("pub" in secret for secret in secrets)
    answered = 0
    for path in PATHS:
        answer = client.get(path.format(invoice))
        assert answer.status_code in (200, 404), path
        answered += answer.status_code == 200
        said = answer.text + str(answer.headers)
        assert [secret for secret in secrets if secret in said] == [], path
        assert not re.search(r"[xyztuv]pub[1-9A-HJ-NP-Za-km-z]{20}|[\w.]+@[\w.]+\.\w+|wpkh\(|tr\(\[", said), path
    assert answered >= len(PATHS) - 1


def test_the_json_has_these_fields_and_no_others(merchant: Merchant, invoice: str) -> None:
    found = merchant.app.test_client().get(f"/i/{invoice}/status").json
    assert found is not None
    assert sorted(found) == sorted(FIELDS.split())


@pytest.mark.parametrize("path", LIMITED)
def test_every_public_endpoint_is_throttled_by_address(merchant: Merchant, invoice: str, path: str) -> None:
    merchant.services.page_throttle = Throttle(1, 60)
    merchant.services.status_throttle = Throttle(1, 60)
    client = merchant.app.test_client()
    url = path.format(invoice)
    client.get(url).close()
    refused = client.get(url, headers={"Accept": "text/html", "Accept-Language": "de"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    if path == "/i/{}":
        assert "Bitte versuchen Sie es in" in refused.text
    other = client.get(url, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert other.status_code in (200, 404)
    other.close()


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example", "ftp://x/", "x", " "]
)
def test_no_page_leads_anywhere_but_to_a_web_address(merchant: Merchant, invoice: str, target: str) -> None:
    with merchant.app.app_context(), assessing_change() as session:
        row = session.get_one(Invoice, invoice)
        row.redirect_url, row.status, row.receipt = target, "Settled", {"enabled": False}
    client = merchant.app.test_client()
    assert client.get(f"/i/{invoice}/receipt").status_code == 404
    for path in ("/i/{}", "/i/{}/status"):
        answer = client.get(path.format(invoice))
        assert "Return to" not in answer.text
        assert "alert(1)" not in answer.text
    assert client.get(f"/i/{invoice}/status").json["merchantRefLink"] is None


def test_a_page_is_never_larger_than_it_must_be(merchant: Merchant, invoice: str) -> None:
    client = merchant.app.test_client()
    for path in ("/i/{}", "/i/{}?lang=uk", "/i/{}/receipt"):
        page = client.get(path.format(invoice))
        linked = re.findall(r'(?:href|src)="(/(?:static|brand)/[^"]+\.(?:css|js))"', page.text)
        assert len(linked) == 2, "one sheet, one script"
        size = len(page.data)
        for url in linked:
            with client.get(url) as answer:
                size += len(answer.data)
        assert size < 60 * 1024


def test_what_waits_for_payment_expires_on_the_page_by_the_servers_clock(merchant: Merchant, invoice: str) -> None:
    (merchant.services.settings.data_dir / "clock").write_text("600")
    left = merchant.app.test_client().get(f"/i/{invoice}/status").json["expirationSeconds"]
    assert 0 < left <= timedelta(minutes=5).total_seconds()
