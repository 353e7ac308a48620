"""The checkout page: what a buyer sees in each state, and what nobody must see. The real application, both engines."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import segno
from flask.testing import FlaskClient

from app.db.models import Prompt
from app.db.session import change
from app.throttle import Throttle
from tests.checkout_rows import ADDRESS, DUE_SATS, Shop, shop_open

PAYER = "http://127.0.0.1:9187"
INERT = '<img src=x onerror="alert(1)">'


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


def words(page: str) -> str:
    """The page as it is read: no markup, single spaces."""
    body = page[page.index("<body") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())


def read(client: FlaskClient, invoice_id: str) -> str:
    answer = client.get(f"/i/{invoice_id}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def status(client: FlaskClient, invoice_id: str) -> dict[str, Any]:
    answer = client.get(f"/i/{invoice_id}/status")
    assert answer.status_code == 200
    return dict(answer.json or {})


def shows_qr(page: str) -> bool:
    return "qr.svg" in page


# each state


def test_a_new_invoice_shows_amount_price_address_and_time_left(shop: Shop, client: FlaskClient) -> None:
    page = read(client, shop.invoice())
    text = words(page)
    assert "Pay 0.00167000 BTC" in text
    assert "83.50 EUR" in text
    assert "1 BTC = 50,000.00 EUR" in text
    assert re.search(r"13:5\d left", text)
    assert f'data-copy="{ADDRESS}"' in page
    assert f'href="bitcoin:{ADDRESS}?amount=0.00167000"' in page
    assert shows_qr(page)


def test_the_status_has_the_figures_that_programs_read(shop: Shop, client: FlaskClient) -> None:
    found = status(client, shop.invoice())
    assert {name: found[name] for name in ("status", "additionalStatus", "address", "due", "paid", "orderAmount")} == {
        "status": "New",
        "additionalStatus": "None",
        "address": ADDRESS,
        "due": "0.00167000",
        "paid": "0.00000000",
        "orderAmount": "0.00167000",
    }
    assert 830 <= found["expirationSeconds"] <= 840
    assert found["orderAmountFiat"] == "83.50 EUR"
    assert found["isTerminal"] is False


def test_a_partial_payment_leaves_the_rest_to_pay(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    shop.pay(invoice, 100_001)
    page = read(client, invoice)
    assert "0.00066999 BTC still to pay" in words(page)
    assert "0.00100001 of 0.00167000 BTC arrived" in words(page)
    assert "0.00066999 BTC 66999 sat" in words(page)
    assert f'href="bitcoin:{ADDRESS}?amount=0.00066999"' in page
    assert status(client, invoice)["due"] == "0.00066999"


def test_a_payment_lost_to_a_conflict_no_longer_counts(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    shop.pay(invoice, 100_000, conflicted_by="ff" * 32)
    assert status(client, invoice)["due"] == "0.00167000"
    assert "Pay 0.00167000 BTC" in words(read(client, invoice))


def test_a_seen_payment_counts_the_confirmations_of_its_shallowest_part(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Processing", speed_policy="LowSpeed")
    shop.pay(invoice, 100_000, confirmations=5)
    shop.pay(invoice, 67_000, confirmations=2)
    page = read(client, invoice)
    assert "Payment received" in words(page)
    assert "2 of 6 confirmations" in words(page)
    assert not shows_qr(page)
    found = status(client, invoice)
    assert (found["receivedConfirmations"], found["requiredConfirmations"]) == (2, 6)


def test_a_settled_invoice_thanks_and_leads_back(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Settled")
    shop.pay(invoice, DUE_SATS, confirmations=2)
    page = read(client, invoice)
    assert "Paid, thank you" in words(page)
    assert 'href="https://shop.example/order/1042"' in page
    assert not shows_qr(page)
    assert "http-equiv" not in page
    assert "more than was asked" not in words(page)
    assert status(client, invoice)["isTerminal"] is True


def test_an_overpayment_is_told(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Settled", additional_status="PaidOver")
    shop.pay(invoice, DUE_SATS + 5, confirmations=2)
    assert "0.00000005 BTC more than was asked for" in words(read(client, invoice))


def test_time_up_but_not_yet_judged_asks_for_no_payment(shop: Shop, client: FlaskClient) -> None:
    page = read(client, shop.invoice(minutes_left=-0.1))
    assert "The time is up" in words(page)
    assert not shows_qr(page)
    assert 'href="bitcoin:' not in page
    assert "http-equiv" in page


def test_an_expired_invoice_warns_and_still_names_the_address(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Expired", minutes_left=-5)
    page = read(client, invoice)
    assert "Please do not pay any more" in words(page)
    assert f'data-copy="{ADDRESS}"' in page
    assert not shows_qr(page)
    assert 'href="bitcoin:' not in page
    assert client.get(f"/i/{invoice}/qr.svg").status_code == 404


def test_an_expired_invoice_tells_of_the_part_that_arrived(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Expired", additional_status="PaidPartial", minutes_left=-5)
    shop.pay(invoice, 100_000)
    text = words(read(client, invoice))
    assert "0.00100000 of 0.00167000 BTC arrived" in text
    assert "Nothing arrived" not in text


def test_a_late_payment_is_told_honestly(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(status="Expired", additional_status="PaidLate", minutes_left=-5)
    shop.pay(invoice, DUE_SATS)
    text = words(read(client, invoice))
    assert "Your payment came late" in text
    assert "do not pay again" in text
    assert "Nothing arrived" not in text


@pytest.mark.parametrize(
    ("additional", "paid", "reason"),
    [("Marked", 0, "closed it"), ("Marked", 100_000, "turned this payment down"), ("None", 0, "not confirmed")],
)
def test_an_invalid_invoice_says_why(shop: Shop, client: FlaskClient, additional: str, paid: int, reason: str) -> None:
    invoice = shop.invoice(status="Invalid", additional_status=additional)
    if paid:
        shop.pay(invoice, paid)
    page = read(client, invoice)
    assert reason in words(page)
    assert not shows_qr(page)


def test_an_invoice_marked_settled_without_money_does_not_claim_that_money_came(
    shop: Shop, client: FlaskClient
) -> None:
    text = words(read(client, shop.invoice(status="Settled", additional_status="Marked")))
    assert "The shop has marked this order as paid" in text
    assert "arrived" not in text


def test_a_top_up_asks_for_no_amount(shop: Shop, client: FlaskClient) -> None:
    page = read(client, shop.invoice(price=None, is_top_up=True, status="New"))
    assert "Pay what you wish" in words(page)
    assert f'href="bitcoin:{ADDRESS}"' in page
    assert "amount=" not in page


# the QR code


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (ADDRESS, f"bitcoin:{ADDRESS.upper()}?amount=0.00167000"),
        ("tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", None),
        ("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "bitcoin:2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc?amount=0.00167000"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "bitcoin:mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn?amount=0.00167000"),
    ],
)
def test_the_qr_code_holds_the_payment_link_with_bech32_in_upper_case(
    shop: Shop, client: FlaskClient, address: str, text: str | None
) -> None:
    invoice = shop.invoice(address)
    expected = text or f"bitcoin:{address.upper()}?amount=0.00167000"
    assert status(client, invoice)["invoiceBitcoinUrlQR"] == expected
    picture = client.get(f"/i/{invoice}/qr.svg")
    assert picture.mimetype == "image/svg+xml"
    drawn = segno.make(expected, error="m", micro=False).svg_inline(border=4, scale=4, omitsize=True)
    assert _path(picture.text) == _path(drawn)
    assert _path(picture.text) != _path(segno.make(expected + "0", error="m", micro=False).svg_inline(border=4))


def _path(svg: str) -> str:
    found = re.search(r' d="([^"]+)"', svg)
    assert found
    return found[1]


def test_the_qr_code_asks_for_what_remains(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    whole = client.get(f"/i/{invoice}/qr.svg").data
    shop.pay(invoice, 1)
    assert client.get(f"/i/{invoice}/qr.svg").data != whole


# addresses of the page


@pytest.mark.parametrize("path", ["/i/{}", "/i/{}/BTC-CHAIN", "/i/BTC-CHAIN/{}", "/invoice?id={}"])
def test_the_page_is_found_under_each_of_its_addresses(shop: Shop, client: FlaskClient, path: str) -> None:
    answer = client.get(path.format(shop.invoice()))
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert ADDRESS in answer.text


@pytest.mark.parametrize("path", ["/i/Unknown", "/i/Unknown/BTC-CHAIN", "/invoice", "/invoice?id=Unknown", "/nowhere"])
def test_an_unknown_address_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert "There is nothing at this address" in words(answer.text)


@pytest.mark.parametrize("path", ["/i/Unknown/status", "/api/v1/nothing"])
def test_programs_are_answered_in_json(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "nothing at this address" in " ".join((answer.json or {}).values())


def test_another_payment_method_than_the_invoice_has_is_not_found(shop: Shop, client: FlaskClient) -> None:
    assert client.get(f"/i/{shop.invoice()}/BTC-LN").status_code == 404


@pytest.mark.parametrize("path", ["/i/{}", "/i/{}/status", "/i/{}/qr.svg", "/invoice?id={}"])
def test_an_archived_invoice_is_not_found(shop: Shop, client: FlaskClient, path: str) -> None:
    assert client.get(path.format(shop.invoice(archived=True))).status_code == 404


def test_a_wrong_method_is_answered_with_the_right_ones(client: FlaskClient) -> None:
    answer = client.post("/health")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_invoice_with_two_payment_methods_shows_the_one_asked_for(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    with shop.app.app_context(), change() as session:
        now = shop.now()
        session.add(
            Prompt(
                invoice_id=invoice,
                payment_method="OTHER-CHAIN",
                destination="another-destination",
                rate=Decimal(100),
                rate_source="fixed",
                rate_at=now,
                network="other",
            )
        )
    other = client.get(f"/i/{invoice}/OTHER-CHAIN/status").json or {}
    assert (other["address"], other["due"]) == ("another-destination", "0.83500000")
    assert status(client, invoice)["address"] == ADDRESS


# following


def test_an_unchanged_status_costs_no_body_and_a_change_is_told(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    first = client.get(f"/i/{invoice}/status")
    again = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"/i/{invoice}/status", headers=again).status_code == 304
    created = shop.now() - timedelta(minutes=12)
    shop.set(invoice, created_at=created, expires_at=created + timedelta(minutes=15))
    assert client.get(f"/i/{invoice}/status", headers=again).status_code == 304, "time that passes is no news"
    shop.pay(invoice, 1)
    assert client.get(f"/i/{invoice}/status", headers=again).status_code == 200


def test_without_scripts_an_open_page_refreshes_itself(shop: Shop, client: FlaskClient) -> None:
    page = read(client, shop.invoice())
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    assert re.search(r'class="copy"[^>]* hidden', page), "a button that needs a script is not shown without one"


# secrets and safety


def test_merchant_texts_are_inert(tmp_path: Path) -> None:
    with shop_open(tmp_path, name=INERT) as shop:
        client = shop.app.test_client()
        invoice = shop.invoice(order_id=INERT, details={"itemDesc": INERT})
        for page in (read(client, invoice), client.get(f"/i/{invoice}?lang={INERT}").text):
            assert "<img src=x" not in page
            assert html.escape(INERT, quote=True).replace("&quot;", "&#34;") in page


def test_a_return_address_that_is_no_web_address_is_not_offered(shop: Shop, client: FlaskClient) -> None:
    assert "javascript:" not in read(client, shop.invoice(redirect_url="javascript:alert(1)"))


def test_the_page_carries_no_inline_script_or_style(shop: Shop, client: FlaskClient) -> None:
    page = read(client, shop.invoice())
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_the_headers_are_strict_and_only_the_page_may_be_framed(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice()
    page = client.get(f"/i/{invoice}").headers
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors *" in policy
    assert "X-Frame-Options" not in page
    for path in (f"/i/{invoice}/status", f"/i/{invoice}/qr.svg", "/i/Unknown", "/invoices", "/health", "/api-tokens"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Cache-Control"] == "no-store", path
    for headers in (page, client.get(f"/i/{invoice}/status").headers):
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_only_who_came_by_https_is_told_to_stay_with_it(tmp_path: Path) -> None:
    behind = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    with shop_open(tmp_path, SATTLE_TRUSTED_PROXIES="127.0.0.1") as shop:
        client = shop.app.test_client()
        for path in (
            f"/i/{shop.invoice()}",
            "/i/Unknown",
            "/health",
            "/login",
            "/static/sattle.css",
            "/modal/btcpay.js",
        ):
            with client.get(path, headers=behind) as answer:
                assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path
            with client.get(path) as answer:
                assert "Strict-Transport-Security" not in answer.headers, path
        stranger = {"environ_base": {"REMOTE_ADDR": "203.0.113.7"}}
        assert "Strict-Transport-Security" not in client.get("/login", headers=behind, **stranger).headers


@pytest.mark.parametrize("path", ["/static/nothing.css", "/brand/nothing.css", "/how-it-works/nothing"])
def test_no_error_is_kept_by_a_cache(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_looks_far_too_often_is_told_when_to_come_again(shop: Shop, client: FlaskClient) -> None:
    shop.app.extensions["sattle"].status_throttle = Throttle(3, 60)
    path = f"/i/{shop.invoice()}/status"
    assert [client.get(path).status_code for _ in range(4)] == [200, 200, 200, 429]
    slowed = client.get(path, headers={"Accept": "*/*"})
    assert 1 <= int(slowed.headers["Retry-After"]) <= 20
    assert "try again in" in slowed.json["error"]
    assert client.get(path, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200
    assert client.get(path, headers={"X-Forwarded-For": "203.0.113.10"}).status_code == 429
    assert client.get(path.removesuffix("/status")).status_code == 200, "the page itself is still shown"


def test_behind_a_trusted_proxy_each_buyer_counts_alone(tmp_path: Path, migrated_url: str) -> None:
    with shop_open(tmp_path, DATABASE_URL=migrated_url, SATTLE_TRUSTED_PROXIES="127.0.0.1") as shop:
        shop.app.extensions["sattle"].status_throttle = Throttle(1, 60)
        path, client = f"/i/{shop.invoice()}/status", shop.app.test_client()
        asked = ["203.0.113.9", "203.0.113.10", "203.0.113.9"]
        assert [client.get(path, headers={"X-Forwarded-For": a}).status_code for a in asked] == [200, 200, 429]


def test_a_failure_on_our_side_shows_no_traceback(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    @shop.app.get("/breaks<rest>")
    def breaks(rest: str) -> str:
        raise RuntimeError("a secret detail")

    for accept in ("text/html", "application/json"):
        answer = shop.app.test_client().get("/breaks%0Aa forged line", headers={"Accept": accept})
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert "secret" not in answer.text
    assert "a secret detail" in caplog.text, "the operator reads it in the log"
    assert [line for line in caplog.text.splitlines() if line.startswith("a forged line")] == []


def test_the_test_wallet_is_offered_on_regtest_only(tmp_path: Path) -> None:
    for network in ("regtest", "signet"):
        directory = tmp_path / network
        with shop_open(directory, SATTLE_NETWORK=network, SATTLE_REGTEST_PAYER_URL=PAYER) as shop:
            invoice = shop.invoice()
            answer = shop.app.test_client().get(f"/i/{invoice}")
            offered = network == "regtest"
            assert (f'action="{PAYER}/pay"' in answer.text) is offered
            assert (f'name="checkout" value="http://127.0.0.1:8000/i/{invoice}"' in answer.text) is offered
            assert (f"form-action 'self' {PAYER}" in answer.headers["Content-Security-Policy"]) is offered


def test_without_a_test_wallet_none_is_offered(shop: Shop, client: FlaskClient) -> None:
    assert "test wallet" not in read(client, shop.invoice())
