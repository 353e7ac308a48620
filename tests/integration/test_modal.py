"""The checkout inside a shop's page: the script that shops load, and the view that it frames."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.checkout_rows import Shop, shop_open


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


@pytest.mark.parametrize("query", ["", "?ver=2.8.0", "?v=1", "?anything&else=%2F"])
def test_the_script_is_served_whatever_the_query(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/modal/btcpay.js{query}")
    assert answer.status_code == 200
    assert answer.mimetype in ("text/javascript", "application/javascript")
    assert "window.btcpay" in answer.text
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_the_script_is_kept_by_browsers_and_asked_for_again_cheaply(client: FlaskClient) -> None:
    first = client.get("/modal/btcpay.js?ver=2.8.0")
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in first.headers
    again = client.get("/modal/btcpay.js?ver=2.8.0", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_only_the_script_is_there(client: FlaskClient) -> None:
    for path in ("/modal/", "/modal/other.js", "/modal/btcpay.js/more"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/invoice?id={}&view=modal", "/i/{}?view=modal", "/i/{}/BTC-CHAIN?view=modal"])
def test_the_modal_view_may_be_framed_by_any_shop_and_can_be_closed(
    shop: Shop, client: FlaskClient, address: str
) -> None:
    answer = client.get(address.format(shop.invoice()))
    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers, "it works where a frame gets no cookies"
    assert 'class="buyer modal"' in answer.text
    assert 'id="close"' in answer.text


def test_the_plain_view_has_nothing_of_it(shop: Shop, client: FlaskClient) -> None:
    for query in ("", "?view=", "?view=full"):
        page = client.get(f"/i/{shop.invoice()}{query}").text
        assert 'modal"' not in page
        assert 'id="close"' not in page


def test_an_unknown_invoice_is_never_framed(client: FlaskClient) -> None:
    answer = client.get("/invoice?id=Unknown&view=modal")
    assert answer.status_code == 404
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_modal_view_does_not_leave_by_itself(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Settled", redirect_automatically=True)
    assert "data-returns" in client.get(f"/i/{invoice}").text
    assert "data-returns" not in client.get(f"/i/{invoice}?view=modal").text
