"""The merchant's list of invoices: found, filtered, taken away as a file, and made by hand."""

import csv
import io
from typing import Any

import pytest
from flask import Flask

from app.db.models import Invoice, Payment, Prompt, StoreUser
from app.db.queries import reading
from app.db.session import assessing_change, change
from app.domain.csv_cells import csv_line, safe_cell
from app.domain.permissions import Role
from app.pages.admin.books import HEADER
from tests.contract.greenfield_client import Merchant, new_merchant
from tests.contract.visitor import Visitor, signed_in

LIST = "/admin/invoices"


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


def make(merchant: Merchant, order: str, **fields: Any) -> str:
    body = {"amount": "12.34", "currency": "EUR", "metadata": {"orderId": order, **fields}}
    made = merchant.plugin().post(f"/stores/{merchant.store_id}/invoices", body)
    return str(made.get_json()["id"])


def pay(app: Flask, invoice_id: str, sats: int = 24_680, **fields: Any) -> None:
    """A settled payment, past the chain."""
    with app.app_context(), assessing_change() as session:
        now = app.extensions["sattle"].clock.now()
        prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
        columns = {"recorded_at": now, "paid_at": now, "settled_at": now, "status": "Settled", "height": 7, **fields}
        txid = prompt.destination.encode().hex().ljust(64, "0")[:64]
        columns = {"network": "regtest", "txid": txid, "vout": 1, "value_sats": sats, **columns}
        session.add(Payment(prompt_id=prompt.id, invoice_id=invoice_id, **columns))


def rows_of(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    answer = visitor.get(f"{LIST}/export.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_list_shows_the_persons_invoices_and_no_others(
    visitor: Visitor, merchant: Merchant, stranger: Merchant
) -> None:
    assert "There is no invoice yet" in visitor.get(LIST).text
    mine, other = make(merchant, "order <77>"), make(stranger, "secret-order")
    page = visitor.get(LIST).text
    assert f'href="/admin/invoices/{mine}"' in page
    assert "order &lt;77&gt;" in page
    assert other not in page
    assert "secret-order" not in page
    assert "Nothing fits" in visitor.get(f"{LIST}?q={other}").text
    assert visitor.get(f"{LIST}?store={stranger.store_id}").status_code == 422


def test_invoices_are_found_by_id_order_address_and_e_mail(
    greenfield: Flask, visitor: Visitor, merchant: Merchant
) -> None:
    wanted, other = make(merchant, "A-1001", buyerEmail="Ann@Shop.example"), make(merchant, "B-2002")
    pay(greenfield, wanted)
    with greenfield.app_context():
        prompt = reading().query(Prompt).filter_by(invoice_id=wanted).one()
        address, txid = prompt.destination, reading().query(Payment).one().txid
    for text in (wanted, wanted[:8], "a-10", address, "ANN@shop", txid, txid[:12]):
        page = visitor.get(LIST, query_string={"q": text}).text
        assert f"/admin/invoices/{wanted}" in page, text
        assert f"/admin/invoices/{other}" not in page, text
    assert "Nothing fits" in visitor.get(f"{LIST}?q=zzz").text


def test_filters_narrow_the_list_and_are_kept_in_its_form(
    greenfield: Flask, visitor: Visitor, merchant: Merchant
) -> None:
    one, two = make(merchant, "one"), make(merchant, "two")
    with greenfield.app_context(), assessing_change() as session:
        row = session.get_one(Invoice, two)
        row.status, row.additional_status, row.archived = "Expired", "PaidLate", True
    assert two not in visitor.get(LIST).text, "it is archived"
    page = visitor.get(f"{LIST}?archived=also&status=Expired&additional=PaidLate").text
    assert two in page
    assert one not in page
    assert "<option selected>Expired</option>" in page
    assert 'value="PaidLate" selected' in page
    assert one in visitor.get(f"{LIST}?from=2020-01-01&to=2100-01-01").text
    assert one not in visitor.get(f"{LIST}?to=2020-01-01").text


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=9999-12-31",
        "to=2025-02-30",
        "status=Paid",
        "additional=x",
        "order=random",
        "archived=maybe",
        "after=nonsense",
        "after=2025-01-01T00:00:00~",
        "after=0001-01-01T00:00:00%2B14:00~x",
        "order=amount&after=1e9~x",
        "order=amount&after=99999999999999999999~x",
        "store=nothing",
    ],
)
def test_a_filter_that_cannot_be_used_is_named_beside_the_form(visitor: Visitor, query: str) -> None:
    for path in (LIST, f"{LIST}/export.csv"):
        answer = visitor.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert "cannot be used" in answer.text
        assert 'role="alert"' in answer.text


def test_a_long_list_has_pages_both_ways(visitor: Visitor, merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.pages.admin.invoices.SHOWN", 2)
    made = [make(merchant, f"order-{number}") for number in range(5)]
    page = visitor.get(f"{LIST}?order=oldest")
    seen: list[str] = []
    while True:
        seen += [each for each in made if f'"/admin/invoices/{each}"' in page.text]
        onward = [part for part in page.text.split('"') if "&amp;after=" in part]
        if not onward:
            break
        page = visitor.get(onward[0].replace("&amp;", "&"))
    assert seen == made
    back = next(part for part in page.text.split('"') if "&amp;before=" in part)
    assert made[2] in visitor.get(back.replace("&amp;", "&")).text


def test_the_export_has_a_row_for_each_payment_with_rate_and_worth(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, stranger: Merchant
) -> None:
    paid, _ = make(merchant, '=HYPERLINK("http://evil")'), make(merchant, "unpaid")
    pay(greenfield, paid)
    pay(greenfield, paid, 100, vout=2)
    pay(greenfield, make(stranger, "secret"))
    first, second = rows_of(visitor)
    assert tuple(first) == HEADER
    assert first["order_id"] == '\'=HYPERLINK("http://evil")'
    assert (first["invoice_id"], first["amount_sats"], first["amount_btc"]) == (paid, "24680", "0.00024680")
    assert (first["fiat_value"], first["currency"], first["rate"], first["rate_source"]) == (
        "12.34",
        "EUR",
        "50000",
        "fixed",
    )
    assert (second["output"], second["fiat_value"]) == ("2", "0.05")
    assert rows_of(visitor, "?q=unpaid") == []


def test_the_export_goes_batch_by_batch(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.admin.invoices.AT_ONCE", 2)
    made = [make(merchant, f"order-{number}") for number in range(5)]
    for each in made:
        pay(greenfield, each)
    assert [row["invoice_id"] for row in rows_of(visitor, "?order=oldest")] == made


def test_a_rule_of_rates_is_no_formula_in_the_export(greenfield: Flask, visitor: Visitor, merchant: Merchant) -> None:
    invoice_id = make(merchant, "order-1")
    pay(greenfield, invoice_id)
    with greenfield.app_context(), change() as session:
        session.query(Prompt).filter_by(invoice_id=invoice_id).one().rate_source = "-1 * -kraken(BTC_EUR)"
    (row,) = rows_of(visitor)
    assert row["rate_source"] == "'-1 * -kraken(BTC_EUR)"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r1", " =1", "\uff1d1"])
def test_no_text_of_others_is_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert "\n" not in safe_cell("a\nb")
    assert safe_cell("1042-A") == "1042-A"
    assert csv_line(['a"b', "c,d"]) == '"a""b","c,d"\r\n'


def test_an_invoice_is_made_by_hand(greenfield: Flask, visitor: Visitor, merchant: Merchant) -> None:
    answer = visitor.send(
        f"{LIST}/new", amount="10.50", currency="usd", order="by hand", item="Tea", email="Ann@x.example", minutes="60"
    )
    assert answer.status_code == 303
    page = visitor.get(answer.location).text
    for text in ("10.50 USD", "by hand", "Tea", "ann@x.example"):
        assert text in page
    with greenfield.app_context():
        row = reading().query(Invoice).one()
        assert (row.expires_at - row.created_at).total_seconds() == 3600
        assert row.store_id == merchant.store_id
    open_amount = visitor.send(f"{LIST}/new", amount="")
    assert "open, in EUR" in visitor.get(open_amount.location).text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"amount": "ten"}, "amount: &#39;ten&#39; cannot be used"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "0.000001"}, "too small"),
        ({"amount": "1", "currency": "XYZ"}, "use an ISO 4217 code"),
        ({"amount": "1", "currency": "CHF"}, "Nothing was made"),
        ({"amount": "1", "minutes": "0"}, "minutes"),
        ({"amount": "1", "minutes": "soon"}, "minutes"),
        ({"amount": "1", "email": "nobody"}, "use an address like"),
        ({"amount": "1", "return": "javascript:alert(1)"}, "return"),
        ({"amount": "1", "order": "x" * 201}, "order"),
        ({"amount": "1", "item": "a\x00b"}, "item"),
    ],
)
def test_what_cannot_be_made_is_told_beside_what_was_typed(
    greenfield: Flask, visitor: Visitor, fields: dict[str, str], says: str
) -> None:
    answer = visitor.send(f"{LIST}/new", **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'name="amount" value="' in answer.text
    with greenfield.app_context():
        assert reading().query(Invoice).count() == 0


def test_nobody_makes_invoices_for_anothers_store(visitor: Visitor, stranger: Merchant) -> None:
    assert visitor.send(f"{LIST}/new", amount="1", store=stranger.store_id).status_code == 404
    assert visitor.post(f"{LIST}/new", {"amount": "1"}).status_code == 403, "another site's form"


def test_a_person_without_a_store_is_sent_to_the_first_step(greenfield: Flask) -> None:
    new_merchant(greenfield, "new@shop.example")
    visitor = signed_in(greenfield, "new@shop.example")
    assert "You have no store yet" in visitor.get(LIST).text
    assert "no store in which you may make" in visitor.get(f"{LIST}/new").text
    assert rows_of(visitor) == []


def test_two_stores_are_told_apart(greenfield: Flask, visitor: Visitor, merchant: Merchant, stranger: Merchant) -> None:
    with greenfield.app_context(), change() as session:
        session.add(StoreUser(store_id=stranger.store_id, user_id=merchant.user_id, role=Role.GUEST.value))
    mine, theirs = make(merchant, "mine"), make(stranger, "theirs")
    page = visitor.get(LIST).text
    assert mine in page
    assert theirs in page
    assert "another store" in page
    page = visitor.get(f"{LIST}?store={stranger.store_id}").text
    assert theirs in page
    assert mine not in page


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(greenfield: Flask) -> None:
    answer = Visitor(greenfield).get(f"{LIST}?q=a")
    assert (answer.status_code, answer.location) == (303, "/login?next=%2Fadmin%2Finvoices%3Fq%3Da")
