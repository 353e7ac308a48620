"""Traffic recorded from the BTCPay Greenfield plugin 2.8.0 for WooCommerce, replayed against ours.

Ids, keys and hosts are mapped to ours. What counts is what the plugin reads: the status, exactly 200, and each field
with its JSON type.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db.models import Payment, Prompt
from app.db.session import assessing_change
from regtest.shop.greenfield.methods import enabled
from regtest.shop.greenfield.payment_data import PAYMENT_TEXTS, TEXTS, payment_meta
from regtest.shop.greenfield.permissions import granted_store
from tests.contract.answer_checks import check
from tests.contract.greenfield_client import PLUGIN, Merchant
from tests.contract.greenfield_client import greenfield as greenfield
from tests.contract.greenfield_client import merchant as merchant

RECORDED = Path(__file__).parent.parent / "fixtures" / "v2_traffic.jsonl"
TRAFFIC = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
REQUESTS = [entry for entry in TRAFFIC if entry["kind"] == "request"]
DELIVERIES = [entry for entry in TRAFFIC if entry["kind"] == "delivery"]
SERVER, SHOP = "http://pay.example", "http://shop.example"
OURS = "https://pay.example"


def test_the_recording_holds_every_call_of_the_plugins_daily_life() -> None:
    assert {f"{entry['method']} {_kind(entry['path'])}" for entry in REQUESTS} == {
        "GET stores",
        "POST webhooks",
        "GET webhooks/ID",
        "GET api-keys/current",
        "GET server/info",
        "GET payment-methods",
        "POST invoices",
        "GET invoices/ID",
        "GET invoices/ID/payment-methods",
        "POST pull-payments",
    }


def test_the_recorded_deliveries_are_signed_over_their_bytes() -> None:
    secret = next(entry["answer"]["secret"] for entry in REQUESTS if "secret" in entry["answer"])
    for entry in DELIVERIES:
        digest = hmac.new(secret.encode(), entry["body"].encode(), hashlib.sha256).hexdigest()
        assert entry["headers"]["BTCPay-Sig"] == f"sha256={digest}"


class Replay:
    """Sends recorded requests in their order, and learns our ids for theirs."""

    def __init__(self, merchant: Merchant) -> None:
        self._merchant = merchant
        key = merchant.key(*(f"{policy}:{merchant.store_id}" for policy in PLUGIN))
        theirs = next(entry["answer"] for entry in REQUESTS if "apiKey" in entry["answer"])
        self.mapped = {theirs["apiKey"]: key, granted_store(theirs["permissions"]): merchant.store_id}

    def send(self, entry: dict[str, Any]) -> TestResponse:
        headers = {name: self.ours(value) for name, value in entry["headers"].items() if name != "Content-Length"}
        body = self.ours(entry["body"]).encode()
        path, method = self.ours(entry["path"]), entry["method"]
        answer = self._merchant.app.test_client().open(path, method=method, headers=headers, data=body)
        check(method, path.partition("?")[0], answer)
        return answer

    def ours(self, text: str) -> str:
        for theirs, ours in self.mapped.items():
            text = text.replace(theirs, ours)
        return text

    def learn(self, recorded: Any, answered: Any) -> None:
        """The ids that this answer gave out."""
        if isinstance(recorded, dict) and "id" in recorded:
            self.mapped[recorded["id"]] = answered["id"]


@pytest.fixture
def replay(merchant: Merchant) -> Replay:
    return Replay(merchant)


def test_the_recorded_session_replayed_reads_the_same(merchant: Merchant, replay: Replay) -> None:
    for entry in REQUESTS:
        kind = f"{entry['method']} {_kind(entry['path'])}"
        if kind == "GET invoices/ID/payment-methods":
            _paid(merchant.app, replay.ours(entry["path"]).split("/")[-2])
        answer = replay.send(entry)
        assert answer.status_code == entry["status"], (kind, answer.text)
        assert answer.mimetype == "application/json"
        said = json.loads(answer.data)
        READ[kind](entry, said, replay)
        replay.learn(entry["answer"], said)


def _stores(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    assert said
    assert all(isinstance(store, dict) for store in said)


def _new_webhook(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    assert isinstance(said["secret"], str)
    assert said["secret"]
    _webhook(entry, said, replay)


def _webhook(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    """The URL comes back byte for byte; the secret is told once, when it is made."""
    assert isinstance(said["id"], str)
    assert said["url"] == entry["answer"]["url"]
    assert said["authorizedEvents"] == entry["answer"]["authorizedEvents"]
    assert (said["enabled"], said["automaticRedelivery"]) == (True, True)
    assert ("secret" in said) is ("secret" in entry["answer"])


def _key(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    """Exactly what was asked for, in any order."""
    wanted = [replay.ours(permission) for permission in entry["answer"]["permissions"]]
    assert sorted(said["permissions"]) == sorted(wanted)
    assert isinstance(said["label"], str)


def _info(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    assert re.match(r"[2-9]\.\d+\.\d+", said["version"])
    assert isinstance(said["fullySynched"], bool)


def _methods(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    assert enabled(said) == ["BTC_CHAIN"]
    assert said[0]["paymentMethodId"] == "BTC-CHAIN"


def _invoice(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    for name in ("id", "checkoutLink", "status", "additionalStatus", "amount", "currency", "storeId"):
        assert isinstance(said[name], str), name
    assert said["checkoutLink"] == f"{OURS}/i/{said['id']}"
    assert re.fullmatch(r"[A-Za-z0-9_-]+", said["id"])
    assert said["metadata"] == entry["answer"]["metadata"]
    methods = said["checkout"]["paymentMethods"]
    assert [method.replace("-", "_") for method in methods][:1] == ["BTC_CHAIN"]
    assert said["checkout"]["redirectURL"] == entry["answer"]["checkout"]["redirectURL"]
    for name in ("createdTime", "expirationTime", "monitoringExpiration"):
        assert type(said[name]) is int, name


def _invoice_methods(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    """By the plugin's own getters, which take no other type than the declared one."""
    assert payment_meta(said)["BTCPay_BTC-CHAIN_0_id"] == "ab" * 32
    for method in said:
        assert all(isinstance(method[name], str) for name in ("paymentMethodId", *TEXTS))
        assert isinstance(method["activated"], bool)
        for payment in method["payments"]:
            assert all(isinstance(payment[name], str) for name in PAYMENT_TEXTS)
            assert type(payment["receivedDate"]) is int


def _pull_payment(entry: dict[str, Any], said: Any, replay: Replay) -> None:
    assert isinstance(said["id"], str)
    assert said["viewLink"].startswith(f"{OURS}/")
    assert said["id"] in said["viewLink"]
    assert (said["amount"], said["currency"], said["autoApproveClaims"]) == ("2.00", "EUR", False)


READ: dict[str, Callable[[dict[str, Any], Any, Replay], None]] = {
    "GET stores": _stores,
    "POST webhooks": _new_webhook,
    "GET webhooks/ID": _webhook,
    "GET api-keys/current": _key,
    "GET server/info": _info,
    "GET payment-methods": _methods,
    "POST invoices": _invoice,
    "GET invoices/ID": _invoice,
    "GET invoices/ID/payment-methods": _invoice_methods,
    "POST pull-payments": _pull_payment,
}


def _paid(app: Flask, invoice_id: str) -> None:
    """Let the invoice be paid as the recorded one was, unless it is paid already."""
    with app.app_context(), assessing_change() as session:
        prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
        now = app.extensions["sattle"].clock.now()
        if session.query(Payment).filter_by(invoice_id=invoice_id).count() == 0:
            spent = session.query(Payment).count()
            session.add(
                Payment(
                    network="regtest",
                    txid="ab" * 32,
                    vout=spent,
                    prompt_id=prompt.id,
                    invoice_id=invoice_id,
                    value_sats=24_680,
                    recorded_at=now,
                    paid_at=now,
                )
            )


def _kind(path: str) -> str:
    """A path below the API's base and the store, its ids left out."""
    below = re.sub(r"^/api/v1/(stores/[^/]+/)?", "", path)
    return re.sub(r"^(webhooks|invoices)/[^/]+", r"\1/ID", below)
