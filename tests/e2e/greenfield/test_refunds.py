"""The merchant refunds an order: the customer gets a link, and no money moves by that."""

import json

import requests

from tests.e2e.case import SECONDS, Case, Order
from tests.e2e.place import Place

WITHOUT_REFUNDS = (
    "btcpay.store.canviewinvoices",
    "btcpay.store.cancreateinvoice",
    "btcpay.store.canviewstoresettings",
    "btcpay.store.canmodifyinvoices",
    "btcpay.store.webhooks.canmodifywebhooks",
)


def settled(shop: Case) -> Order:
    order = shop.order("10.00")
    order.settle()
    return order


def pull_payment(order: Order, made: requests.Response) -> dict[str, object]:
    """What anybody may know of it, who has its id."""
    assert made.status_code == 200, made.text
    page = requests.get(made.json()["link"], timeout=SECONDS)
    assert page.status_code == 200
    url = f"{order.case.sattle.server}/api/v1/pull-payments/{made.json()['pull_payment_id']}"
    return dict(requests.get(url, timeout=SECONDS).json())


def test_a_full_refund_is_a_pull_payment_of_the_whole_amount(shop: Case) -> None:
    order = settled(shop)
    found = pull_payment(order, order.refund("10.00", "does not fit"))
    assert (found["amount"], found["currency"], found["autoApproveClaims"]) == ("10.00", "EUR", False)
    assert found["name"] == f"Refund of order {order.id}; does not fit"
    assert order.in_shop()["status"] == "refunded"


def test_a_partial_refund_leaves_the_order_paid(shop: Case) -> None:
    order = settled(shop)
    assert pull_payment(order, order.refund("2.34"))["amount"] == "2.34"
    assert pull_payment(order, order.refund("0.66"))["amount"] == "0.66"
    seen = order.in_shop()
    assert (seen["status"], [refund["amount"] for refund in seen["refunds"]]) == ("processing", ["2.34", "0.66"])


def test_without_the_permission_there_is_no_refund(place: Place) -> None:
    shop = place.shop(plugin="greenfield")
    order = settled(shop)
    email = f"clerk-{order.id}-{shop.store.id[:6].lower()}@shop.example"
    _, made = shop.sattle.installation.flask_each(
        ["user", "create", email, "--store", shop.store.id, "--generate", "--json"],
        ["api-key", "create", email, *WITHOUT_REFUNDS, "--store", shop.store.id, "--json"],
    )
    key = json.loads(made)["apiKey"]
    body = {"name": "a refund", "amount": "1.00", "currency": "EUR"}
    url = f"{shop.sattle.server}/api/v1/stores/{shop.store.id}/pull-payments"
    refused = requests.post(url, json=body, headers={"Authorization": f"token {key}"}, timeout=SECONDS)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing-permission")
    usual = shop.key
    shop.settings(api_key=key)
    answer = order.refund("1.00")
    shop.settings(api_key=usual)
    assert (answer.status_code, "permission" in answer.json()["error"]) == (409, True)
    assert order.in_shop()["refunds"] == []
