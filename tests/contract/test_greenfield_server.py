"""Server, health, lists for anybody, and what is not offered."""

from datetime import timedelta

import pytest
from flask import Flask

from app.db.models import ChainBlock, ChainState
from app.db.session import change
from app.domain.permissions import Policy
from tests.contract.greenfield_client import GreenfieldClient, Merchant


def observe(app: Flask, state: str, minutes_ago: int = 0) -> None:
    """The worker saw the node in this state, at height 101, with us at 100."""
    with app.app_context(), change() as session:
        now = app.extensions["sattle"].clock.now() - timedelta(minutes=minutes_ago)
        session.merge(
            ChainState(network="regtest", observed_at=now, node_state=state, node_message="", node_height=101)
        )
        session.merge(ChainBlock(network="regtest", height=100, hash="00", prev_hash="", time=now, median_time=now))


@pytest.mark.parametrize(
    ("state", "minutes_ago", "synched"),
    [("ready", 0, True), ("syncing", 0, False), ("unreachable", 0, False), ("ready", 10, False)],
)
def test_the_server_is_synched_when_its_node_is(
    greenfield: Flask, merchant: Merchant, state: str, minutes_ago: int, synched: bool
) -> None:
    observe(greenfield, state, minutes_ago)
    found = merchant.plugin().get("/server/info").json
    assert found["version"] >= "2.0.0"
    assert found["fullySynched"] is synched
    assert found["supportedPaymentMethods"] == ["BTC-CHAIN"]
    assert found["onion"] is None
    status = found["syncStatus"][0]
    assert (status["paymentMethodId"], status["available"]) == ("BTC-CHAIN", synched)
    assert (status["chainHeight"], status["syncHeight"]) == (101, 100)
    assert GreenfieldClient(greenfield).get("/health").json == {"synchronized": synched}


def test_before_the_first_look_at_the_node_nothing_is_synched(greenfield: Flask, merchant: Merchant) -> None:
    found = merchant.plugin().get("/server/info").json
    assert found["fullySynched"] is False
    assert found["syncStatus"][0]["nodeInformation"] is None
    assert GreenfieldClient(greenfield).get("/health").json == {"synchronized": False}
    assert GreenfieldClient(greenfield).get("/server/info").status_code == 401


def test_anybody_may_read_languages_and_permissions(greenfield: Flask) -> None:
    client = GreenfieldClient(greenfield)
    languages = client.get("//misc/lang")
    assert {"code": "en", "currentLanguage": "English"} in languages.json
    assert languages.headers["Access-Control-Allow-Origin"] == "*"
    permissions = {each["name"]: each["included"] for each in client.get("//misc/permissions").json}
    assert set(permissions) == {policy.value for policy in Policy}
    assert "btcpay.store.canviewinvoices" in permissions["btcpay.store.canmodifystoresettings"]


def test_payment_requests_are_not_offered(merchant: Merchant) -> None:
    client, requests = merchant.client(), f"/stores/{merchant.store_id}/payment-requests"
    assert client.get(requests).json == []
    refused = client.post(requests, {"title": "x", "amount": "1"})
    assert (refused.status_code, refused.json["code"]) == (400, "not-offered")
    for method in ("GET", "PUT", "DELETE"):
        nested = client.call(method, f"{requests}/x")
        assert (nested.status_code, nested.json["code"]) == (404, "payment-request-not-found")
        assert client.call(method, "/payment-requests/x").status_code == 403
    assert client.post(f"{requests}/x/pay").status_code == 404


def test_lightning_is_not_configured(greenfield: Flask, merchant: Merchant) -> None:
    client, node = merchant.client(), f"/stores/{merchant.store_id}/lightning/BTC"
    for method, path in (("GET", "/info"), ("POST", "/invoices"), ("GET", "/invoices/x"), ("GET", "")):
        answer = client.call(method, node + path)
        assert (answer.status_code, answer.json["code"]) == (404, "paymentmethod-not-configured")
    assert client.get("/server/lightning/BTC/info").status_code == 403
    assert GreenfieldClient(greenfield).get(node + "/info").status_code == 401


def test_routes_of_before_version_two_are_gone(merchant: Merchant) -> None:
    methods = f"/stores/{merchant.store_id}/payment-methods"
    for path in ("/LightningNetwork", "/LightningNetwork/BTC", "/LNURLPay/BTC", "/OnChain/BTC/preview"):
        answer = merchant.client().get(methods + path)
        assert (answer.status_code, answer.json["code"]) == (410, "unsupported-in-v2")
