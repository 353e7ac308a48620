"""What the merchant's pages weigh as they are sent, pictures left out: one sheet, at most one script, under 60 KB."""

import re

from flask import Flask

from tests.contract.greenfield_client import Merchant
from tests.contract.test_admin_invoices import pay
from tests.contract.visitor import signed_in

MOST_BYTES = 60_000
LINKED = re.compile(r'(?:href|src)="(/[^"]+\.(?:css|js))"')
A_FULL_PAGE = 51


def test_the_merchants_pages_are_small(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    invoice = make_many(merchant)
    pay(greenfield, invoice)
    one, store = f"/admin/invoices/{invoice}", f"/admin/stores/{merchant.store_id}"
    places = ["/admin", "/admin/invoices", "/admin/invoices/new", "/admin/reports", "/admin/audit", "/admin/stores"]
    places += [one, f"{one}/story", f"{one}/refund", "/admin/account", "/payouts", "/api-keys", "/api-tokens"]
    places += [
        store,
        *(f"{store}/{part}" for part in ("wallet", "rates", "webhooks", "webhooks/new", "keys", "people")),
    ]
    weights = {place: weigh(greenfield, visitor.get(place).text) for place in places}
    assert {place: weight for place, weight in weights.items() if weight >= MOST_BYTES} == {}


def make_many(merchant: Merchant) -> str:
    """More invoices than a list shows at once, all by one key; returns one of them."""
    shop, made = merchant.plugin(), ""
    for number in range(A_FULL_PAGE):
        words = {"orderId": f"order-{number}", "itemDesc": "Letters from the Pier"}
        body = {"amount": "12.34", "currency": "EUR", "metadata": words}
        made = shop.post(f"/stores/{merchant.store_id}/invoices", body).get_json()["id"]
    return made


def weigh(app: Flask, page: str) -> int:
    """Bytes of a page, its sheet and its script."""
    linked = LINKED.findall(page)
    assert [each.rpartition(".")[2] for each in linked] in (["css"], ["css", "js"]), linked
    return len(page.encode()) + sum(size(app, each) for each in linked)


def size(app: Flask, path: str) -> int:
    with app.test_client().get(path) as answer:
        return len(answer.data)
