"""The receipt: what it shows once an invoice is settled, what before, and where there is none."""

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.pages.checkout_receipt import MOST_LINES, cart_lines
from tests.checkout_rows import DUE_SATS, Shop, shop_open


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


def words(page: str) -> str:
    body = page[page.index("<body") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())


def test_a_settled_invoice_has_amount_date_order_and_payments(shop: Shop, client: FlaskClient) -> None:
    cart = {"receiptData": {"Cart": {"Book": "2 × 40.00"}, "Gift": True, "Tags": ["a", "b"]}}
    invoice = shop.invoice(status="Settled", metadata_=cart, details={"itemDesc": "Two books"})
    shop.pay(invoice, DUE_SATS, confirmations=3)
    answer = client.get(f"/i/{invoice}/receipt")
    text = words(answer.text)
    for expected in ("Receipt", "0.00167000 BTC", "83.50 EUR", "Order 1042", "Two books", "UTC", f"{2:064x}"):
        assert expected in text
    assert re.search(r"Confirmations\s*3", text)
    assert re.search(r"Cart · Book\s*2 × 40.00", text)
    assert re.search(r"Tags\s*a, b", text)
    assert 'href="https://shop.example/order/1042"' in answer.text
    assert f'src="/i/{invoice}/receipt.svg"' in answer.text
    assert client.get(f"/i/{invoice}/receipt.svg").mimetype == "image/svg+xml"
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"], "shops may show it in their pages"


def test_before_that_it_says_how_the_payment_stands_and_looks_again(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Processing")
    shop.pay(invoice, DUE_SATS)
    page = client.get(f"/i/{invoice}/receipt").text
    assert "Payment received" in words(page)
    assert "once the payment is complete" in words(page)
    assert "Transaction" not in page
    assert f'href="/i/{invoice}"' in page
    assert "http-equiv" in page


def test_the_invoice_decides_before_the_store_what_the_receipt_shows(shop: Shop, client: FlaskClient) -> None:
    shop.prefer(receipt={"showQR": False, "showPayments": False})
    invoice = shop.invoice(status="Settled", receipt={"showPayments": True})
    shop.pay(invoice, DUE_SATS, confirmations=3)
    page = client.get(f"/i/{invoice}/receipt").text
    assert "Transaction" in page
    assert "receipt.svg" not in page
    bare = shop.invoice(status="Settled")
    shop.pay(bare, DUE_SATS, confirmations=3)
    assert "Transaction" not in client.get(f"/i/{bare}/receipt").text


def test_where_none_is_wanted_it_leads_back_to_the_shop_or_is_not_found(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Settled", receipt={"enabled": False})
    answer = client.get(f"/i/{invoice}/receipt")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://shop.example/order/1042")
    assert "View receipt" not in client.get(f"/i/{invoice}").text
    assert client.get(f"/i/{invoice}/receipt.svg").status_code == 404
    homeless = shop.invoice(status="Settled", receipt={"enabled": False}, redirect_url="javascript:alert(1)")
    assert client.get(f"/i/{homeless}/receipt").status_code == 404


@pytest.mark.parametrize("path", ["/i/{}/receipt", "/i/{}/receipt.svg"])
def test_an_archived_or_unknown_invoice_has_none(shop: Shop, client: FlaskClient, path: str) -> None:
    assert client.get(path.format(shop.invoice(status="Settled", archived=True))).status_code == 404
    assert client.get(path.format("Unknown")).status_code == 404


def test_a_free_invoice_has_a_receipt_without_payments(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Settled", price=Decimal(0), prompts=[])
    assert "0 EUR" in words(client.get(f"/i/{invoice}/receipt").text)


def test_it_can_be_printed_at_once(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Settled")
    assert 'class="buyer prints"' in client.get(f"/i/{invoice}/receipt?print=true").text
    assert 'class="buyer"' in client.get(f"/i/{invoice}/receipt").text


def test_what_the_shop_wrote_is_bounded_and_inert(shop: Shop, client: FlaskClient) -> None:
    data = {"<img src=x>": "<a href=y>", "deep": {"deeper": {"deepest": 1, "none": None}}, "list": [1, {"a": 2}]}
    assert cart_lines(data) == [
        ("<img src=x>", "<a href=y>"),
        ("deep · deeper · deepest", "1"),
        ("list", "1"),
    ]
    assert len(cart_lines({str(number): number for number in range(500)})) == MOST_LINES
    assert cart_lines("no object") == []
    invoice = shop.invoice(status="Settled", metadata_={"receiptData": data})
    page = client.get(f"/i/{invoice}/receipt").text
    assert "<img src=x" not in page
    assert "<a href=y" not in page
