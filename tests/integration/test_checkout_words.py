"""The language of the checkout page and of its errors: who decides, and what the page says of itself."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.domain.languages import SOURCE, SPOKEN
from app.domain.story.words_buyer import BUYER_WORDS
from tests.checkout_rows import DUE_SATS, Shop, shop_open

FOREIGN = sorted(set(SPOKEN) - {SOURCE})
TOLD_IN_ENGLISH = {text for told in BUYER_WORDS.values() for text in told if text and "%" not in text}
PAID = {"de": "Bezahlt, vielen Dank", "ja": "お支払い完了、ありがとうございます", "ar": "تم الدفع، شكرًا لك"}


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


def language_of(page: str) -> tuple[str, str]:
    found = re.search(r'<html lang="([^"]+)" dir="([^"]+)">', page)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize("code", sorted(PAID))
def test_the_page_is_read_in_the_language_that_the_address_names(shop: Shop, client: FlaskClient, code: str) -> None:
    invoice = shop.invoice(status="Settled")
    shop.pay(invoice, DUE_SATS, confirmations=2)
    page = client.get(f"/i/{invoice}?lang={code}").text
    assert PAID[code] in page
    assert language_of(page) == (code, "rtl" if code == "ar" else "ltr")
    assert f'href="/i/{invoice}/receipt?lang={code}"' in page, "links go on in it"


@pytest.mark.parametrize("code", FOREIGN)
def test_every_page_can_be_drawn_in_every_language(shop: Shop, client: FlaskClient, code: str) -> None:
    seen = shop.invoice(status="Processing", speed_policy="LowSpeed")
    shop.pay(seen, DUE_SATS, confirmations=2)
    partial = shop.invoice()
    shop.pay(partial, 1000)
    ends = [{"status": "Expired"}, {"status": "Expired", "additional_status": "PaidLate"}, {"status": "Invalid"}]
    for invoice in (shop.invoice(), partial, seen, *(shop.invoice(**end) for end in ends)):
        answer = client.get(f"/i/{invoice}?lang={code}")
        assert answer.status_code == 200
        assert "%(" not in answer.text
        assert "Please" not in answer.text
        story = client.get(f"/i/{invoice}/story?lang={code}")
        assert story.status_code == 200
        assert "%(" not in story.text
        assert [text for text in TOLD_IN_ENGLISH if text in story.text] == []


def test_the_arabic_story_is_read_from_the_right_and_no_english_sentence_is_left(
    shop: Shop, client: FlaskClient
) -> None:
    invoice = shop.invoice(status="Processing")
    shop.pay(invoice, DUE_SATS, confirmations=1)
    page = client.get(f"/i/{invoice}/story?lang=ar").text
    assert language_of(page) == ("ar", "rtl")
    body = re.sub(r"<form.*?</form>", "", page[page.index("<body") :], flags=re.DOTALL)  # where languages are named
    said = html.unescape(re.sub(r"<[^>]*>", " | ", body))
    assert re.findall(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z]+", said) == []
    assert "أنت ← شبكة بيتكوين" in said
    assert "\u20680.00167000 BTC\u2069" in said, "an amount keeps its own direction"
    assert f'href="/i/{invoice}?lang=ar"' in page, "links go on in it"


def test_the_story_is_in_the_language_of_its_invoice_for_scripts_too(shop: Shop, client: FlaskClient) -> None:
    invoice = shop.invoice(checkout={"defaultLanguage": "de-DE"})
    assert language_of(client.get(f"/i/{invoice}/story").text) == ("de", "ltr")
    german, english = (client.get(f"/i/{invoice}/story.json{asked}") for asked in ("", "?lang=en"))
    assert german.json is not None
    assert german.json["steps"][0]["title"] == "Sie bestellen"
    assert german.headers["ETag"] != english.headers["ETag"]
    again = client.get(f"/i/{invoice}/story.json?lang=en", headers={"If-None-Match": german.headers["ETag"]})
    assert again.status_code == 200


def test_the_invoice_decides_before_the_store_and_the_store_before_the_browser(shop: Shop, client: FlaskClient) -> None:
    french = {"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.8"}
    own = shop.invoice(checkout={"defaultLanguage": "nl-NL"})
    none = shop.invoice()
    unknown = shop.invoice(checkout={"defaultLanguage": "sv"})
    assert language_of(client.get(f"/i/{own}", headers=french).text)[0] == "nl"
    assert language_of(client.get(f"/i/{own}?lang=auto", headers=french).text)[0] == "fr"
    assert language_of(client.get(f"/i/{own}?lang=klingon", headers=french).text)[0] == "nl"
    assert language_of(client.get(f"/i/{none}", headers=french).text)[0] == "fr"
    assert language_of(client.get(f"/i/{unknown}", headers=french).text)[0] == "fr"
    assert language_of(client.get(f"/i/{none}").text)[0] == "en"
    shop.prefer(defaultLang="it")
    assert language_of(client.get(f"/i/{none}", headers=french).text)[0] == "it"
    shop.prefer(defaultLang="it", autoDetectLanguage=True)
    assert language_of(client.get(f"/i/{none}", headers=french).text)[0] == "fr"


@pytest.mark.parametrize("path", ["/i/Unknown", "/invoice?id=Unknown"])
def test_a_buyer_reads_errors_in_the_browsers_language(client: FlaskClient, path: str) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "de"}
    answer = client.get(path, headers=headers)
    assert answer.status_code == 404
    assert "Unter dieser Adresse gibt es nichts" in answer.text
    assert language_of(answer.text) == ("de", "ltr")


def test_programs_and_merchants_are_answered_in_english_whatever_they_accept(shop: Shop, client: FlaskClient) -> None:
    german = {"Accept-Language": "de"}
    assert language_of(client.get("/nowhere", headers={**german, "Accept": "text/html"}).text)[0] == "en"
    assert "nothing at this address" in client.get("/i/Unknown/status", headers=german).text
    assert language_of(client.get("/admin", headers=german, follow_redirects=True).text)[0] == "en"


def test_the_language_can_be_chosen_without_a_script(shop: Shop, client: FlaskClient) -> None:
    page = client.get(f"/i/{shop.invoice()}?view=modal").text
    assert '<form class="languages" method="get">' in page
    assert '<input type="hidden" name="view" value="modal">' in page
    assert re.search(r'<option value="zh-Hans" lang="zh-Hans">简体中文</option>', page)
    assert re.search(r'<option value="en" lang="en" selected>', page)


def test_a_language_that_nobody_speaks_is_not_repeated(shop: Shop, client: FlaskClient) -> None:
    page = client.get(f"/i/{shop.invoice(status='Settled')}?lang=%22%3E%3Cscript%3E").text
    assert "<script>" not in page.replace("<script src", "")


def test_amounts_are_written_alike_in_every_language(shop: Shop, client: FlaskClient) -> None:
    page = client.get(f"/i/{shop.invoice()}?lang=de").text
    assert "0.00167000" in page
    assert "50,000.00 EUR" in page
