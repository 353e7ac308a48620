"""Reading what a shop answers: the recorded shapes, what is refused, and that nothing of the buyer stays."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.bridge import order_key_of
from app.domain.exact_json import loads
from app.domain.mismatch import KINDS, MismatchKind
from app.domain.shop_notes import Note, is_persons_decision, read_note
from app.domain.shop_order import OrderGone, Wanted, from_json, read_order
from app.domain.shop_stock import Stock, read_stock, suffices
from app.errors import BadInput

RECORDED = Path(__file__).parents[1] / "fixtures" / "woo_rest"
ORDER_HAS = {"order_key", "line_items", "meta_data", "needs_payment"}
AT = datetime(2026, 11, 23, 2, 12, 19, tzinfo=UTC)
BODY: dict[str, Any] = {
    "id": 369,
    "number": "RE-2026/369",
    "status": "pending",
    "currency": "EUR",
    "date_modified": "2026-11-23T03:12:19",
    "date_modified_gmt": "2026-11-23T02:12:19",
    "total": "12.34",
    "order_key": "wc_order_5tKqgjtkOdn4C",
    "billing": {"first_name": "Ann", "email": "ann@example.com"},
    "payment_method": "btcpaygf_default",
    "transaction_id": "",
    "created_via": "store-api",
    "date_paid_gmt": None,
    "meta_data": [
        {"id": 1, "key": "is_vat_exempt", "value": "no"},
        {"id": 2, "key": "BTCPay_id", "value": "6DDmbMvsZZBzLUnjrobeef"},
        {"id": 3, "key": "BTCPay_list", "value": [1, 2]},
    ],
    "line_items": [
        {"name": "Test Mug", "product_id": 12, "variation_id": 0, "quantity": 2, "meta_data": []},
        {
            "name": "Shirt",
            "product_id": 14,
            "variation_id": 15,
            "quantity": 3,
            "meta_data": [{"id": 9, "key": "_reduced_stock", "value": "1"}],
        },
        {
            "product_id": 16,
            "variation_id": 0,
            "quantity": 1,
            "meta_data": [{"id": 10, "key": "_reduced_stock", "value": "1"}],
        },
    ],
    "refunds": [],
    "needs_payment": True,
    "needs_processing": True,
}
ORDER = read_order(BODY)


def parts(body: Any) -> Iterator[dict[str, Any]]:
    """Every object in a recording."""
    if isinstance(body, dict):
        yield body
    for inner in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from parts(inner)


def a_note(number: int = 1, author: str = "admin", text: str = "x", at: datetime = AT, **more: Any) -> Note:
    return Note(number, at, author, text, more.get("customer_note", False))


def test_an_order_is_read_with_its_moments_in_utc() -> None:
    assert (ORDER.id, ORDER.number, ORDER.total, ORDER.date_modified) == (369, "RE-2026/369", Decimal("12.34"), AT)
    assert ORDER.plugin_invoice_id == "6DDmbMvsZZBzLUnjrobeef"
    assert (ORDER.date_paid, ORDER.has_refunds, ORDER.decided_by_person) == (None, False, None)


def test_every_recorded_order_and_note_is_read_and_kept() -> None:
    bodies = [part for path in sorted(RECORDED.glob("*.json")) for part in parts(loads(path.read_text("utf-8")))]
    orders = [read_order(body) for body in bodies if set(body) >= ORDER_HAS]
    notes = [read_note(body) for body in bodies if {"author", "note", "customer_note"} <= set(body)]
    assert len(orders) > 10
    assert [from_json(json.loads(json.dumps(order.to_json()))) for order in orders] == orders
    assert {note.author for note in notes if note.is_by_person} == {"admin"}


def test_only_what_was_not_taken_from_stock_yet_is_wanted() -> None:
    assert ORDER.wanted == (Wanted(12, Decimal(2)), Wanted(15, Decimal(2)))


def test_nothing_of_the_buyer_is_kept() -> None:
    kept = json.dumps(ORDER.to_json())
    assert not [word for word in ("Ann", "example.com", "Mug", "billing") if word in kept]


@pytest.mark.parametrize(
    "order",
    [ORDER, read_order(BODY | {"date_paid_gmt": "2026-11-23T02:13:00"}).knowing(person=True, stock=False)],
)
def test_evidence_is_read_back_as_it_was_kept(order: Any) -> None:
    assert from_json(json.loads(json.dumps(order.to_json()))) == order
    assert from_json(json.loads(json.dumps(OrderGone(7).to_json()))) == OrderGone(7)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "369"),
        ("id", True),
        ("id", -1),
        ("total", 12.34),
        ("total", "NaN"),
        ("total", "much"),
        ("total", "1e99999"),
        ("status", None),
        ("needs_payment", "yes"),
        ("date_modified_gmt", None),
        ("date_modified_gmt", "yesterday"),
        ("date_paid_gmt", 17),
        ("meta_data", {}),
        ("refunds", None),
        ("line_items", [7]),
        ("line_items", [{"quantity": 1.5, "product_id": 1, "variation_id": 0, "meta_data": []}]),
    ],
)
def test_a_field_that_cannot_be_used_is_named(field: str, value: Any) -> None:
    with pytest.raises(BadInput, match=f"^order.{field}.*WooCommerce"):
        read_order(BODY | {field: value})


@pytest.mark.parametrize("body", [[], None, "<html>"])
def test_what_is_no_object_is_no_order(body: Any) -> None:
    with pytest.raises(BadInput):
        read_order(body)


@pytest.mark.parametrize(
    ("total", "shop", "price", "ours", "same"),
    [
        ("12.34", "EUR", "12.340", "eur", (True, True)),
        ("12.34", "USD", "12.34", "EUR", (False, True)),
        ("12.35", "EUR", "12.34", "EUR", (True, False)),
        ("12", "SAT", "0.00000012", "BTC", (True, True)),
        ("13", "SAT", "0.00000012", "BTC", (True, False)),
        ("12.34", "EUR", None, "EUR", (True, False)),
    ],
)
def test_totals_and_prices_are_compared_exactly(
    total: str, shop: str, price: str | None, ours: str, same: tuple[bool, bool]
) -> None:
    order = read_order(BODY | {"total": total, "currency": shop})
    assert order.sells_for(price and Decimal(price), ours) == same  # type: ignore[arg-type]


CHANGED = "Order status changed from Pending payment to Cancelled."
BACK = "Order status changed from Cancelled to Pending payment."
HELD = "Stock hold of 60 minutes applied to: <br>- Test Mug (MUG) &times; 1"


@pytest.mark.parametrize(
    ("notes", "persons"),
    [
        ([], False),
        ([a_note(1, "WooCommerce", CHANGED)], False),
        ([a_note(1, "admin", CHANGED), a_note(2, "WooCommerce", 'Email "Cancelled order" sent.')], True),
        ([a_note(1, "admin", CHANGED), a_note(2, "WooCommerce", "Held too long. " + CHANGED)], False),
        ([a_note(2, "admin", CHANGED), a_note(1, "WooCommerce", CHANGED)], True),
        ([a_note(1, "WooCommerce", CHANGED), a_note(2, "admin", "The customer called.")], False),
        ([a_note(1, "eva", "Order status changed by bulk edit: " + CHANGED)], True),
        ([a_note(1, "eva", "Bestellstatus geändert.")], True),
        ([a_note(1, "system", "Bestellstatus geändert.")], False),
        ([a_note(1, "eva", "Angerufen.", AT + timedelta(hours=1))], False),
        ([a_note(1, "eva", "Wir haben versandt.", customer_note=True)], False),
    ],
)
def test_a_persons_decision_is_known_by_the_author_of_its_note(notes: list[Note], persons: bool) -> None:
    assert is_persons_decision(read_order(BODY | {"status": "cancelled"}), notes) is persons


@pytest.mark.parametrize("held", [[], [HELD], ["Bestand für 60 Minuten reserviert: <br>- Tasse &times; 1"]])
def test_a_remark_on_an_order_that_has_never_left_pending_is_no_decision(held: list[str]) -> None:
    notes = [a_note(number, "WooCommerce", text) for number, text in enumerate(held)]
    assert not is_persons_decision(ORDER, [*notes, a_note(9, "eva", "Please gift-wrap.")])
    assert is_persons_decision(ORDER, [*notes, a_note(9, "eva", BACK)])


def test_who_put_an_order_back_to_pending_has_decided_in_any_language() -> None:
    cancelled = [a_note(1, "WooCommerce", "Unbezahlte Bestellung storniert."), a_note(2, "eva", "Status geändert.")]
    assert is_persons_decision(ORDER, cancelled)
    in_english = [a_note(1, "WooCommerce", HELD), a_note(2, "WooCommerce", CHANGED), a_note(3, "eva", BACK)]
    assert is_persons_decision(ORDER, in_english)


def test_an_order_typed_in_by_hand_is_no_decision_about_its_payment() -> None:
    typed = read_order(BODY | {"created_via": "admin"})
    assert not is_persons_decision(typed, [a_note(1, "eva", "Artikel hinzugefügt: Tasse")])
    assert is_persons_decision(typed, [a_note(1, "eva", CHANGED)])


def test_a_note_is_read() -> None:
    body = {"id": 1238, "author": "WooCommerce", "date_created_gmt": "2026-11-23T02:12:19", "note": "x"}
    assert read_note(body | {"customer_note": False}) == a_note(1238, "WooCommerce")
    with pytest.raises(BadInput, match=r"^note\.customer_note"):
        read_note(body)


def shelf(product: int, quantity: int | None = None, **more: Any) -> Stock:
    return Stock(product, None if quantity is None else Decimal(quantity), more.get("sells_on", False))


@pytest.mark.parametrize(
    ("shelves", "enough"),
    [
        ([shelf(12, 2), shelf(15, 2)], True),
        ([shelf(12, 1), shelf(15, 2)], False),
        ([shelf(12, 2)], False),
        ([shelf(12), shelf(15)], True),
        ([shelf(12, -3, sells_on=True), shelf(15, 9)], True),
    ],
)
def test_stock_suffices_when_each_product_has_what_is_wanted(shelves: list[Stock], enough: bool) -> None:
    assert suffices(ORDER, shelves) is enough


def test_a_product_wanted_twice_is_counted_together() -> None:
    twice = read_order(BODY | {"line_items": [BODY["line_items"][0]] * 2})
    assert not suffices(twice, [shelf(12, 3)])
    assert suffices(twice, [shelf(12, 4)])


def test_stock_is_read() -> None:
    body = {"id": 12, "stock_quantity": 3, "stock_status": "instock", "backorders": "no"}
    assert read_stock(body) == shelf(12, 3)
    assert read_stock(body | {"stock_quantity": None, "backorders": "notify"}) == shelf(12, sells_on=True)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://shop.example/checkout/order-received/16/?key=wc_order_x", "wc_order_x"),
        ("https://shop.example/thanks?order-received=16&key=wc_order_x", "wc_order_x"),
        ("https://shop.example/thanks", None),
        ("https://shop.example/?key=a&key=b", None),
        ("https://[shop/?key=a", None),
        (None, None),
    ],
)
def test_the_order_key_is_read_from_the_address_to_return_to(url: str | None, key: str | None) -> None:
    assert order_key_of(url) == key


def test_every_kind_of_mismatch_has_its_words_and_a_way_out() -> None:
    assert set(KINDS) == set(MismatchKind)
    for kind in MismatchKind:
        told = kind.told
        assert 1 <= told.cause.count(". ") <= 2
        assert told.cause.endswith(".")
        assert told.remedies
        assert told.title == told.title.strip()


def test_an_order_that_was_only_saved_again_is_still_the_same() -> None:
    order = read_order(BODY)
    assert order.knowing(person=False).is_still(replace(order, date_modified=AT + timedelta(seconds=1)))
    assert not order.is_still(replace(order, total=order.total + 1))
    assert not order.is_still(OrderGone(order.id))
