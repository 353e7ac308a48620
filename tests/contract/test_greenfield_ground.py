"""What every Greenfield operation has in common: credentials, errors in the dialect's words, any origin."""

import base64
from datetime import timedelta

import pytest
from flask import Flask

from app.db.models import ApiKey, db
from app.domain.permissions import Policy, Role
from tests.contract.greenfield_client import (
    PASSWORD,
    GreenfieldClient,
    Merchant,
    client_with,
    new_merchant,
)


def basic(email: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()}


@pytest.mark.parametrize("scheme", ["token", "Token", "TOKEN", "Bearer", "bearer"])
def test_a_key_comes_with_either_word_in_any_case(merchant: Merchant, scheme: str) -> None:
    client = GreenfieldClient(merchant.app, {"Authorization": f"{scheme} {merchant.key()}"})
    assert client.get(f"/stores/{merchant.store_id}/invoices").status_code == 200


def test_a_person_comes_with_email_address_and_password(merchant: Merchant) -> None:
    client = GreenfieldClient(merchant.app, basic(merchant.email.upper(), PASSWORD))
    assert client.get(f"/stores/{merchant.store_id}/invoices").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "token"},
        {"Authorization": "token " + "0" * 40},
        {"Authorization": "token ü"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        basic("merchant@shop.example", "wrong"),
        basic("nobody@shop.example", PASSWORD),
        {"Authorization": "Digest x"},
    ],
)
def test_without_good_credentials_the_answer_is_401(merchant: Merchant, headers: dict[str, str]) -> None:
    answer = GreenfieldClient(merchant.app, headers).get(f"/stores/{merchant.store_id}/invoices")
    assert answer.status_code == 401
    assert answer.json["code"] == "unauthenticated"
    assert set(answer.json) == {"code", "message"}


def test_a_disabled_person_gets_in_by_no_way(greenfield: Flask, merchant: Merchant) -> None:
    gone = new_merchant(greenfield, "gone@shop.example", disabled=True)
    assert gone.client().get("/stores/x/invoices").status_code == 401
    assert GreenfieldClient(greenfield, basic(gone.email, PASSWORD)).get("/stores/x/invoices").status_code == 401


def test_passwords_are_throttled_by_address(merchant: Merchant) -> None:
    client = GreenfieldClient(merchant.app, basic(merchant.email, "wrong"))
    statuses = [client.get("/stores/x/invoices").status_code for _ in range(22)]
    assert statuses[:20] == [401] * 20
    answer = client.get("/stores/x/invoices")
    assert (answer.status_code, answer.json["code"]) == (429, "too-many-requests")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_use_of_a_key_is_noted_once_in_some_minutes(greenfield: Flask, merchant: Merchant) -> None:
    client = merchant.client(f"{Policy.VIEW_INVOICES}:{merchant.store_id}")

    def noted() -> object:
        with greenfield.app_context():
            return db.session.query(ApiKey.last_used_at).scalar()

    assert noted() is None
    client.get(f"/stores/{merchant.store_id}/invoices")
    first = noted()
    client.get(f"/stores/{merchant.store_id}/invoices")
    assert first is not None
    assert noted() == first
    clock = merchant.services.settings.test_clock
    assert clock is not None
    clock.write_text(str(int(timedelta(minutes=6).total_seconds())), encoding="ascii")
    client.get(f"/stores/{merchant.store_id}/invoices")
    assert noted() != first


def test_a_missing_permission_is_named(merchant: Merchant) -> None:
    client = merchant.client(f"{Policy.VIEW_INVOICES}:{merchant.store_id}")
    answer = client.post(f"/stores/{merchant.store_id}/invoices", {"amount": "1"})
    assert answer.status_code == 403
    assert answer.json["missingPermission"] == "btcpay.store.cancreateinvoice"
    assert answer.json["code"] == "missing-permission"


def test_an_unknown_store_and_another_ones_store_are_told_alike(merchant: Merchant, stranger: Merchant) -> None:
    client = merchant.client()
    unknown = client.get("/stores/unknown/invoices")
    foreign = client.get(f"/stores/{stranger.store_id}/invoices")
    assert unknown.status_code == foreign.status_code == 403
    assert unknown.json == foreign.json


def test_a_key_for_one_store_does_not_open_another_of_the_same_person(merchant: Merchant) -> None:
    second = merchant.store("a second store")
    client = merchant.client(f"{Policy.VIEW_INVOICES}:{merchant.store_id}")
    assert client.get(f"/stores/{second}/invoices").status_code == 403


def test_a_key_grants_no_more_than_the_role_of_its_person(merchant: Merchant) -> None:
    merchant.store_id = merchant.store("a store of others", role=Role.GUEST)
    assert merchant.client().post(f"/stores/{merchant.store_id}/invoices", {"amount": "1"}).status_code == 200
    sensitive = merchant.client().get(f"/stores/{merchant.store_id}/invoices")
    invoice_id = sensitive.json[0]["id"]
    answer = merchant.client().get(f"/invoices/{invoice_id}/payment-methods", includeSensitive="true")
    assert answer.json["missingPermission"] == Policy.MODIFY_STORE


def body(data: str | bytes, content_type: str = "application/json") -> dict[str, object]:
    return {"data": data, "content_type": content_type}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nothing/here", {}, 404, "not-found"),
        ("PATCH", "/health", {}, 405, "method-not-allowed"),
        ("POST", "/stores/{store}/invoices", body("{"), 400, "generic-error"),
        ("POST", "/stores/{store}/invoices", body("[]"), 400, "generic-error"),
        ("POST", "/stores/{store}/invoices", body("a=1", "text/plain"), 415, "unsupported-media-type"),
        ("POST", "/stores/{store}/invoices", body(b"\xff"), 400, "generic-error"),
        (
            "POST",
            "/stores/{store}/invoices",
            body(" " * 1_000_001),
            413,
            "payload-too-large",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_dialects_words(
    merchant: Merchant, method: str, path: str, options: dict[str, object], status: int, code: str
) -> None:
    answer = merchant.client().call(method, path.format(store=merchant.store_id), **options)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_scripts_of_any_origin_may_call(merchant: Merchant) -> None:
    preflight = client_with(merchant.app, "").call(
        "OPTIONS", f"/stores/{merchant.store_id}/invoices", headers={"Origin": "https://shop.example"}
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "DELETE" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]


def test_a_slash_at_the_end_changes_nothing(merchant: Merchant) -> None:
    assert merchant.client().get(f"/stores/{merchant.store_id}/invoices/").status_code == 200
