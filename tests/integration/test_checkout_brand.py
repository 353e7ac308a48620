"""The checkout in the store's own dress, and what a store may not put on it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.db.models import Prompt
from app.db.session import change
from app.pages.branding import origin_of
from tests.checkout_rows import Shop, shop_open


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


def test_logo_colour_title_and_support_link_are_the_stores(shop: Shop, client: FlaskClient) -> None:
    shop.prefer(
        logoUrl="https://cdn.example:8443/logo.png",
        brandColor="#FA0",
        htmlTitle="Books & more",
        supportUrl="mailto:help@shop.example?subject={OrderId}",
    )
    answer = client.get(f"/i/{shop.invoice(order_id='10 42')}")
    assert '<img class="logo" src="https://cdn.example:8443/logo.png" alt=""' in answer.text
    assert "img-src 'self' https://cdn.example:8443; " in answer.headers["Content-Security-Policy"]
    assert '<link rel="stylesheet" href="/brand/ffaa00.css">' in answer.text
    assert "– Books &amp; more</title>" in answer.text
    assert 'href="mailto:help@shop.example?subject=10%2042"' in answer.text


def test_a_store_that_chose_nothing_shows_nothing_from_elsewhere(shop: Shop, client: FlaskClient) -> None:
    answer = client.get(f"/i/{shop.invoice()}")
    assert "img-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "/brand/" not in answer.text
    assert "Contact the shop" not in answer.text
    assert 'class="monogram"' in answer.text


def test_header_and_wallet_link_can_be_left_away(shop: Shop, client: FlaskClient) -> None:
    shop.prefer(showStoreHeader=False, showPayInWalletButton=False)
    page = client.get(f"/i/{shop.invoice()}").text
    assert 'class="shop"' not in page
    assert "Open in wallet" not in page


def test_what_could_be_dangerous_is_not_shown_whatever_is_stored(shop: Shop, client: FlaskClient) -> None:
    shop.prefer(logoUrl="javascript:alert(1)", brandColor="red;}", supportUrl="javascript:alert(1)")
    answer = client.get(f"/i/{shop.invoice()}")
    assert "javascript:" not in answer.text
    assert "/brand/" not in answer.text


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cdn.example/a.png", "https://cdn.example"),
        ("http://CDN.example:81/a.png", "http://cdn.example:81"),
        ("https://user:secret@cdn.example/a.png", "https://cdn.example"),
        ("https://[2001:db8::1]/a.png", "https://[2001:db8::1]"),
        ("https://bücher.example/a.png", "https://xn--bcher-kva.example"),
        ("https://cdn.example;script-src/a.png", None),
        ("https://*/a.png", None),
        ("https://*.example/a.png", None),
        ("https://a,b.example/a.png", None),
        ("https://cdn..example/a.png", None),
    ],
)
def test_the_policy_names_the_pictures_origin_and_nothing_else(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


def test_the_sheet_of_a_colour_is_public_and_small(client: FlaskClient) -> None:
    answer = client.get("/brand/ffaa00.css")
    assert answer.mimetype == "text/css"
    assert "public" in answer.headers["Cache-Control"]
    assert re.fullmatch(r"[-\s:#;{}()@,.\w]+", answer.text)
    assert len(answer.data) < 600


@pytest.mark.parametrize("path", ["/brand/red.css", "/brand/fa0.css", "/brand/gggggg.css", "/brand/ffaa00ff.css"])
def test_what_is_no_colour_has_no_sheet(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_rate_has_its_source_and_time(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    assert "Kraken" not in client.get(f"/i/{invoice}").text
    with shop.app.app_context(), change() as session:
        prompt = session.query(Prompt).filter_by(invoice_id=invoice).one()
        prompt.rate_source = "kraken(BTC_USD) * bitstamp(USD_EUR) * 1.0175"
        at = prompt.rate_at
    page = client.get(f"/i/{invoice}?lang=de").text
    assert "<bdi>Kraken, Bitstamp</bdi>" in page
    assert "1.0175" not in page
    assert f'<time datetime="{at.isoformat()}">{at.day:02d}.{at.month:02d}.{at.year}, {at:%H:%M:%S} UTC</time>' in page


def test_several_payment_methods_can_be_chosen_from(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(checkout={"defaultPaymentMethod": "OTHER-CHAIN"})
    assert 'class="methods"' not in client.get(f"/i/{invoice}").text
    with shop.app.app_context(), change() as session:
        other = {"payment_method": "OTHER-CHAIN", "destination": "another-destination", "network": "other"}
        rate = {"rate": Decimal(100), "rate_source": "fixed", "rate_at": shop.now()}
        session.add(Prompt(invoice_id=invoice, **other, **rate))
    page = client.get(f"/i/{invoice}?lang=en").text
    assert "Pay 0.83500000 OTHER" in page, "the one that the invoice was asked to show first"
    assert f'<a href="/i/{invoice}/BTC-CHAIN?lang=en">Bitcoin</a>' in page
    assert f'<a href="/i/{invoice}/OTHER-CHAIN?lang=en" aria-current="page">OTHER-CHAIN</a>' in page
    assert "Pay 0.00167000 BTC" in client.get(f"/i/{invoice}/BTC-CHAIN").text
