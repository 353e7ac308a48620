"""The list of invoices, a page at a time: whole, in order, without repeats, on both engines."""

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.db.models import Invoice, Payment, SearchTerm, Store
from app.db.queries import reading
from app.db.queries_invoice_list import ListQuery, Order, Place, page_of
from app.db.session import assessing_change, change
from app.domain.money import HIGHEST_RANK, amount_rank
from tests.checkout_rows import Shop, shop_open
from tests.databases import migrate
from tests.private_postgresql import Cluster

STORES = ("store1", "store2")


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    """Two stores with 60 invoices of every state; many were made at the same moment and cost the same."""
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        chance, now = random.Random(7), opened.now()
        with opened.app.app_context(), change() as session:
            session.add(Store(id="store2", name="Second", created_at=now))
            for number in range(60):
                made = _made(opened, number, chance)
                session.add(made)
                session.add(SearchTerm(store_id=made.store_id, term=f"order-{number}", invoice_id=made.id))
        yield opened


def _made(shop: Shop, number: int, chance: random.Random) -> Invoice:
    fields: dict[str, Any] = {
        "created_at": shop.now().replace(microsecond=0, second=0) - timedelta(minutes=chance.randrange(10)),
        "price": chance.choice([None, Decimal(1), Decimal("2.5"), Decimal(10), Decimal("1e11")]),
        "status": chance.choice(["New", "Settled", "Expired"]),
        "additional_status": chance.choice(["None", "PaidLate"]),
        "archived": chance.random() < 0.2,
        "search_text": f"\norder-{number}",
    }
    return shop.written(store_id=chance.choice(STORES), **fields)


def walked(wanted: ListQuery) -> list[str]:
    """All pages after one another, and back again."""
    found: list[str] = []
    after: Place | None = None
    pages = []
    for _ in range(100):
        page = page_of(reading(), _at(wanted, after=after))
        pages.append(page)
        found += page.ids
        if page.after is None:
            break
        after = page.after
    before = pages[-1].before
    for expected in reversed(pages[:-1]):
        page = page_of(reading(), _at(wanted, before=before))
        assert page.ids == expected.ids
        before = page.before
    assert before is None
    return found


def _at(wanted: ListQuery, **place: Place | None) -> ListQuery:
    return ListQuery(**{**vars(wanted), **place})


def expected(wanted: ListQuery) -> list[str]:
    rows = [
        row
        for row in reading().query(Invoice)
        if row.store_id in wanted.store_ids
        and (wanted.archived is None or row.archived is wanted.archived)
        and (not wanted.statuses or row.status in wanted.statuses)
        and (not wanted.additional or row.additional_status in wanted.additional)
        and (wanted.created_from is None or row.created_at >= wanted.created_from)
        and (not wanted.text or any(term.startswith(wanted.text) for term in (row.search_text or "").split("\n")[1:]))
    ]
    by_amount = wanted.order is Order.LARGEST
    key = (lambda row: (amount_rank(row.price), row.id)) if by_amount else (lambda row: (row.created_at, row.id))
    return [row.id for row in sorted(rows, key=key, reverse=wanted.order is not Order.OLDEST)]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"store_ids": ("store2",)},
        {"statuses": ("Settled", "Expired")},
        {"additional": ("PaidLate",)},
        {"additional": ("PaidLate",), "statuses": ("Expired",)},
        {"archived": True},
        {"archived": None},
        {"text": "order-1"},
        {"text": "order-1", "statuses": ("New",)},
        {"text": "nothing"},
        {"store_ids": ()},
    ],
)
def test_every_page_goes_on_where_the_last_ended_both_ways(shop: Shop, order: Order, asked: dict[str, Any]) -> None:
    wanted = ListQuery(**{"store_ids": STORES, "network": "regtest", "order": order, "take": 7, **asked})
    with shop.app.app_context():
        assert walked(wanted) == expected(wanted)


def test_a_term_that_many_have_is_walked_and_gives_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.db.queries_invoice_list.FEW", 5)
    monkeypatch.setattr("app.db.queries_invoice_list.MOST_WALKS", 1)
    wanted = ListQuery(store_ids=STORES, network="regtest", text="order-", take=7)
    with shop.app.app_context():
        assert walked(wanted) == expected(wanted) != []


def test_an_invoice_is_found_by_the_beginning_of_a_transactions_id(shop: Shop) -> None:
    made = shop.invoice()
    shop.pay(made, 1000)
    with shop.app.app_context():
        with assessing_change() as session:
            session.query(Payment).one().txid = "abcdef0123456789" * 4
        for text, found in (("abcdef01", (made,)), ("ABCDEF012345", (made,)), ("abcdef99", ())):
            assert page_of(reading(), ListQuery(store_ids=STORES, network="regtest", text=text)).ids == found
        assert page_of(reading(), ListQuery(store_ids=("store2",), network="regtest", text="abcdef01")).ids == ()


@pytest.mark.parametrize("text", ["", "order-1"])
def test_pages_join_where_the_server_sorts_as_a_language_does(
    postgresql: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    url = postgresql.new_database_of("en-US")
    migrate(url, tmp_path)
    with shop_open(tmp_path, DATABASE_URL=url) as shop:
        monkeypatch.setattr(shop, "numbers", iter("bBaA_9zZ"))
        for _ in range(8):
            made = shop.invoice(search_text="\norder-1")
            with shop.app.app_context(), change() as session:
                session.add(SearchTerm(store_id="store1", term="order-1", invoice_id=made))
        wanted = ListQuery(store_ids=("store1",), network="regtest", order=Order.LARGEST, take=2, text=text)
        with shop.app.app_context():
            assert walked(wanted) == [f"Invoice{last}" for last in "zba_ZBA9"]


def test_new_invoices_do_not_move_the_pages_that_follow(shop: Shop) -> None:
    wanted = ListQuery(store_ids=STORES, network="regtest", take=10)
    with shop.app.app_context():
        before = expected(wanted)
        first = page_of(reading(), wanted)
        made = shop.invoice(created_at=shop.now() + timedelta(minutes=1))
        reading().rollback()  # the next page is another request
        second = page_of(reading(), _at(wanted, after=first.after))
        assert list(second.ids) == before[10:20]
        assert page_of(reading(), wanted).ids[0] == made


def test_amounts_beyond_a_databases_integers_are_sorted_to_the_top(shop: Shop) -> None:
    assert amount_rank(Decimal(2**64 - 1)) == HIGHEST_RANK
    made = shop.invoice(price=Decimal(2**64 - 1))
    with shop.app.app_context():
        wanted = ListQuery(store_ids=STORES, network="regtest", order=Order.LARGEST, take=30)
        assert made in page_of(reading(), wanted).ids
