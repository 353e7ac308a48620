"""Webhooks by the API: made as the plugin makes them, changed, deleted; what was sent, and sent again."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db.models import Delivery, Endpoint, Webhook, db
from app.db.session import change
from app.domain.invoice import Status
from app.domain.permissions import Policy
from app.domain.webhooks import signature
from app.usecases.mark_invoice import mark_invoice
from regtest.shop.greenfield.connecting import EVENTS
from tests.contract.deliveries import deliver
from tests.contract.greenfield_client import GreenfieldClient, Merchant, let_go, make_app, new_merchant

URL = "http://127.0.0.1:8480/wc-api/btcpaygf_default/"
PLUGIN_EVENTS = list(EVENTS)
PLUGIN_BODY = {
    "enabled": True,
    "automaticRedelivery": True,
    "url": URL,
    "authorizedEvents": {"everything": False, "specificEvents": PLUGIN_EVENTS},
}
PATHS = [
    ("GET", "/stores/{store}/webhooks"),
    ("POST", "/stores/{store}/webhooks"),
    *(
        (method, base + path)
        for base in ("/stores/{store}/webhooks/{webhook}", "/webhooks/{webhook}")
        for method, path in (
            ("GET", ""),
            ("PUT", ""),
            ("DELETE", ""),
            ("GET", "/deliveries"),
            ("GET", "/deliveries/{delivery}"),
            ("GET", "/deliveries/{delivery}/request"),
            ("POST", "/deliveries/{delivery}/redeliver"),
        )
    ),
]


@pytest.fixture
def client(merchant: Merchant) -> GreenfieldClient:
    return merchant.plugin()


@pytest.fixture
def webhooks(merchant: Merchant) -> str:
    """The path of the store's webhooks."""
    return f"/stores/{merchant.store_id}/webhooks"


@pytest.fixture
def strict(tmp_path: Path, migrated_url: str) -> Iterator[Merchant]:
    """A merchant on a server that posts to public addresses only."""
    app = make_app(tmp_path, migrated_url, SATTLE_ALLOW_PRIVATE_TARGETS="0")
    made = new_merchant(app)
    made.store_id = made.store()
    yield made
    let_go(app)


def good(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def invoice_of(client: GreenfieldClient, merchant: Merchant, **fields: Any) -> str:
    asked = {"amount": "10.00", "currency": "EUR", **fields}
    return str(good(client.post(f"/stores/{merchant.store_id}/invoices", asked))["id"])


def settle(merchant: Merchant, invoice_id: str) -> None:
    with merchant.app.app_context():
        mark_invoice(invoice_id, Status.SETTLED, merchant.services.clock.now())


def rows(app: Flask, table: type[Endpoint | Webhook | Delivery]) -> int:
    with app.app_context():
        return db.session.query(table).count()


def test_the_plugin_makes_its_webhook_and_finds_it_again(client: GreenfieldClient, webhooks: str) -> None:
    made = good(client.post(webhooks, PLUGIN_BODY))
    assert set(made) == {"id", "enabled", "automaticRedelivery", "url", "authorizedEvents", "secret"}
    assert {name: made[name] for name in PLUGIN_BODY} == PLUGIN_BODY
    assert len(made["secret"]) >= 20
    again = good(client.get(f"{webhooks}/{made['id']}"))
    assert again == {name: value for name, value in made.items() if name != "secret"}
    assert good(client.get(f"/webhooks/{made['id']}")) == again
    assert good(client.get(webhooks)) == [again]


@pytest.mark.parametrize("nothing", [{}, {"enabled": None, "automaticRedelivery": None, "authorizedEvents": None}])
def test_what_is_not_given_has_its_default(client: GreenfieldClient, webhooks: str, nothing: dict[str, Any]) -> None:
    made = good(client.post(webhooks, {"url": "http://127.0.0.1/?wc-api=btcpaygf_default", **nothing, "extra": 1}))
    assert (made["enabled"], made["automaticRedelivery"]) == (True, True)
    assert made["authorizedEvents"] == {"everything": True, "specificEvents": []}
    assert made["url"] == "http://127.0.0.1/?wc-api=btcpaygf_default"


@pytest.mark.parametrize(("given", "kept"), [("schlüssel", True), ("", False), (None, False)])
def test_a_secret_is_taken_or_made(client: GreenfieldClient, webhooks: str, given: str | None, kept: bool) -> None:
    made = good(client.post(webhooks, {**PLUGIN_BODY, "secret": given}))
    assert bool(made["secret"])
    assert (made["secret"] == given) is kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop",
        "/wc-api/",
        "ftp://127.0.0.1/",
        "http:///path",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\n",
        "//x/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://a..b/",
        "http://a b/",
    ],
)
def test_an_address_that_is_none_is_refused(client: GreenfieldClient, webhooks: str, url: str) -> None:
    answer = client.post(webhooks, {**PLUGIN_BODY, "url": url})
    assert answer.status_code == 422
    assert [problem["path"] for problem in answer.json] == ["Url"]
    assert rows(client.app, Endpoint) == 0


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://169.254.169.254/", "http://[::1]/", "http://10.0.0.1:8080/x"],
)
def test_private_addresses_are_refused_where_the_operator_does_not_allow_them(strict: Merchant, url: str) -> None:
    client, path = strict.plugin(), f"/stores/{strict.store_id}/webhooks"
    answer = client.post(path, {**PLUGIN_BODY, "url": url})
    assert (answer.status_code, [problem["path"] for problem in answer.json]) == (422, ["Url"])
    made = good(client.post(path, {**PLUGIN_BODY, "url": "https://8.8.8.8/"}))
    assert client.put(f"{path}/{made['id']}", {**PLUGIN_BODY, "url": url}).status_code == 422
    assert good(client.get(f"{path}/{made['id']}"))["url"] == "https://8.8.8.8/"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"enabled": True}, "Url"),
        ({**PLUGIN_BODY, "enabled": "perhaps"}, "Enabled"),
        ({**PLUGIN_BODY, "authorizedEvents": {"specificEvents": ["InvoiceSettled", " "]}},
         "AuthorizedEvents.SpecificEvents[1]"),
        ({**PLUGIN_BODY, "authorizedEvents": {"specificEvents": "InvoiceSettled"}}, "AuthorizedEvents.SpecificEvents"),
        ({**PLUGIN_BODY, "authorizedEvents": "all"}, "AuthorizedEvents"),
        ({**PLUGIN_BODY, "secret": "x" * 501}, "Secret"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(client: GreenfieldClient, webhooks: str, body: dict[str, Any], path: str) -> None:
    answer = client.post(webhooks, body)
    assert (answer.status_code, [problem["path"] for problem in answer.json]) == (422, [path])
    assert rows(client.app, Webhook) == 0


def test_event_names_of_other_versions_are_kept(client: GreenfieldClient, webhooks: str) -> None:
    events = {"everything": False, "specificEvents": ["PayoutCreated", "SomethingNew"]}
    assert good(client.post(webhooks, {**PLUGIN_BODY, "authorizedEvents": events}))["authorizedEvents"] == events


def test_a_change_puts_new_terms_in_the_place_of_the_old_and_keeps_the_secret(
    client: GreenfieldClient, webhooks: str
) -> None:
    made = good(client.post(webhooks, PLUGIN_BODY))
    changed = good(client.put(f"{webhooks}/{made['id']}", {"url": URL + "?new", "enabled": False, "secret": None}))
    assert changed == {
        "id": made["id"],
        "enabled": False,
        "automaticRedelivery": True,
        "url": URL + "?new",
        "authorizedEvents": {"everything": True, "specificEvents": []},
    }
    with client.app.app_context():
        assert db.session.get_one(Webhook, made["id"]).secret == made["secret"]
    good(client.put(f"/webhooks/{made['id']}", {**PLUGIN_BODY, "secret": "another"}))
    with client.app.app_context():
        assert db.session.get_one(Webhook, made["id"]).secret == "another"


def test_a_deleted_webhook_is_gone(client: GreenfieldClient, webhooks: str) -> None:
    made = good(client.post(webhooks, PLUGIN_BODY))
    answer = client.delete(f"{webhooks}/{made['id']}")
    assert (answer.status_code, answer.data) == (200, b"")
    assert code_of(client.get(f"{webhooks}/{made['id']}")) == (404, "webhook-not-found")
    assert code_of(client.delete(f"{webhooks}/{made['id']}")) == (404, "webhook-not-found")
    assert good(client.get(webhooks)) == []


def test_the_wizard_run_again_replaces_its_webhook(client: GreenfieldClient, webhooks: str) -> None:
    first, second = good(client.post(webhooks, PLUGIN_BODY)), good(client.post(webhooks, PLUGIN_BODY))
    assert first["secret"] != second["secret"]
    assert [(each["id"], each["enabled"]) for each in good(client.get(webhooks))] == [
        (first["id"], False),
        (second["id"], True),
    ]


def test_new_invoices_are_told_with_their_metadata_as_given(
    client: GreenfieldClient, merchant: Merchant, webhooks: str
) -> None:
    made = good(client.post(webhooks, {"url": URL}))
    metadata = {"z": 1, "orderId": "ü-7", "posData": '{"x":1}', "big": 12345678901234567890, "list": [None, True, 1.5]}
    invoice_id = invoice_of(client, merchant, metadata=metadata)
    (job,) = deliver(client.app)
    told = json.loads(job.body)
    assert (told["type"], told["invoiceId"], told["storeId"]) == ("InvoiceCreated", invoice_id, merchant.store_id)
    assert told["metadata"] == metadata
    assert job.url == URL
    assert job.headers == {"BTCPay-Sig": signature(made["secret"], job.body)}


def test_the_plugin_is_not_told_of_new_invoices(client: GreenfieldClient, merchant: Merchant, webhooks: str) -> None:
    good(client.post(webhooks, PLUGIN_BODY))
    invoice_of(client, merchant)
    assert rows(client.app, Delivery) == 0


def test_marking_invalid_by_the_api_is_told_ten_seconds_later(
    client: GreenfieldClient, merchant: Merchant, webhooks: str
) -> None:
    good(client.post(webhooks, PLUGIN_BODY))
    invoice_id = invoice_of(client, merchant)
    good(client.post(f"/stores/{merchant.store_id}/invoices/{invoice_id}/status", {"status": "Invalid"}))
    assert deliver(client.app) == []
    with client.app.app_context():
        delivery = db.session.query(Delivery).one()
        assert delivery.next_at - delivery.created_at == timedelta(seconds=10)


def test_deliveries_tell_what_was_sent_newest_first(
    client: GreenfieldClient, merchant: Merchant, webhooks: str, tmp_path: Path
) -> None:
    path = f"{webhooks}/{good(client.post(webhooks, PLUGIN_BODY))['id']}/deliveries"
    settle(merchant, invoice_of(client, merchant))
    assert good(client.get(path)) == []
    sent = []
    for seconds, status, error in ((0, None, "it did not answer"), (11, 500, None), (75, 204, None)):
        (tmp_path / "clock").write_text(str(seconds), encoding="ascii")
        sent += deliver(client.app, status, error)
    told = good(client.get(path))
    assert [each["id"] for each in told] == [job.attempt_id for job in reversed(sent)]
    assert [(each["status"], each["httpCode"], each["errorMessage"]) for each in told] == [
        ("HttpSuccess", 204, None),
        ("HttpError", 500, "HTTP Error Code 500"),
        ("Failed", None, "it did not answer"),
    ]
    assert all(type(each[name]) is int for each in told for name in ("timestamp", "deliveryTime"))
    assert len({each["timestamp"] for each in told}) == 1
    assert 10 <= told[1]["deliveryTime"] - told[1]["timestamp"] <= 40
    assert good(client.get(path, count=2)) == told[:2]
    assert good(client.get(path, count=0)) == []
    assert good(client.get(f"{path}/{told[1]['id']}")) == told[1]


def test_the_request_of_a_delivery_is_what_was_sent_byte_by_byte(
    client: GreenfieldClient, merchant: Merchant, webhooks: str
) -> None:
    path = f"{webhooks}/{good(client.post(webhooks, PLUGIN_BODY))['id']}/deliveries"
    settle(merchant, invoice_of(client, merchant, metadata={"taxIncluded": "5.91", "ä": [1.0]}))
    (job,) = deliver(client.app)
    answer = client.get(f"{path}/{job.attempt_id}/request")
    assert (answer.status_code, answer.data) == (200, job.body)
    assert answer.mimetype == "application/json"


def test_a_redelivery_answers_the_id_that_is_listed_once_it_was_sent(
    client: GreenfieldClient, merchant: Merchant, webhooks: str
) -> None:
    path = f"{webhooks}/{good(client.post(webhooks, PLUGIN_BODY))['id']}/deliveries"
    settle(merchant, invoice_of(client, merchant))
    (first,) = deliver(client.app)
    promised = good(client.post(f"{path}/{first.attempt_id}/redeliver"))
    assert isinstance(promised, str)
    assert code_of(client.get(f"{path}/{promised}")) == (404, "webhookdelivery-not-found")
    (again,) = deliver(client.app)
    assert again.attempt_id == promised
    told = json.loads(again.body)
    assert (told["deliveryId"], told["originalDeliveryId"]) == (promised, first.attempt_id)
    assert good(client.get(f"{path}/{promised}"))["status"] == "HttpSuccess"
    assert json.loads(client.get(f"{path}/{first.attempt_id}/request").data)["isRedelivery"] is False


def test_a_body_that_was_dropped_answers_409(client: GreenfieldClient, merchant: Merchant, webhooks: str) -> None:
    path = f"{webhooks}/{good(client.post(webhooks, PLUGIN_BODY))['id']}/deliveries"
    settle(merchant, invoice_of(client, merchant))
    (job,) = deliver(client.app)
    with client.app.app_context(), change() as session:
        session.query(Delivery).one().content = None
    assert good(client.get(f"{path}/{job.attempt_id}"))["status"] == "HttpSuccess"
    assert code_of(client.get(f"{path}/{job.attempt_id}/request")) == (409, "webhookdelivery-pruned")
    assert code_of(client.post(f"{path}/{job.attempt_id}/redeliver")) == (409, "webhookdelivery-pruned")


def test_deliveries_of_another_webhook_are_not_found(
    client: GreenfieldClient, merchant: Merchant, webhooks: str
) -> None:
    good(client.post(webhooks, PLUGIN_BODY))
    settle(merchant, invoice_of(client, merchant))
    (job,) = deliver(client.app)
    other = good(client.post(webhooks, {**PLUGIN_BODY, "url": URL + "?other"}))["id"]
    path = f"{webhooks}/{other}/deliveries"
    assert good(client.get(path)) == []
    for method, target in (("GET", ""), ("GET", "/request"), ("POST", "/redeliver")):
        answer = client.call(method, f"{path}/{job.attempt_id}{target}")
        assert code_of(answer) == (404, "webhookdelivery-not-found")


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_else_learns_anything(merchant: Merchant, stranger: Merchant, method: str, path: str) -> None:
    client, webhooks = merchant.plugin(), f"/stores/{merchant.store_id}/webhooks"
    webhook = good(client.post(webhooks, PLUGIN_BODY))["id"]
    settle(merchant, invoice_of(client, merchant))
    (job,) = deliver(merchant.app)
    target = path.format(store=merchant.store_id, webhook=webhook, delivery=job.attempt_id)
    body = PLUGIN_BODY if method in ("POST", "PUT") else None
    owners = f"{Policy.VIEW_STORE}:{merchant.store_id}", f"{Policy.MODIFY_INVOICES}:{merchant.store_id}"
    refused = {
        "no key": (GreenfieldClient(merchant.app), 401),
        "wrong key": (GreenfieldClient(merchant.app, {"Authorization": "token " + "0" * 40}), 401),
        "revoked key": (merchant.client(revoked=True), 401),
        "key without the permission": (merchant.client(*owners), 403),
        "key of another store": (stranger.plugin(), 403),
        "another person, all permissions": (stranger.client(), 403),
    }
    for who, (caller, status) in refused.items():
        answer = caller.call(method, target, body)
        assert answer.status_code == status, who
        if status == 403:
            assert (answer.json["code"], answer.json["missingPermission"]) == (
                "missing-permission",
                "btcpay.store.webhooks.canmodifywebhooks",
            )
        assert webhook not in answer.get_data(as_text=True)
    foreign = path.format(store=stranger.store_id, webhook=webhook, delivery=job.attempt_id)
    if "{store}/webhooks/" in path:
        assert stranger.client().call(method, foreign, body).status_code == 403
    assert client.call(method, target, body).status_code == 200
