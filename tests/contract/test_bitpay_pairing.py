"""Pairing, both ways (bitpay-api section 3)."""

from typing import Any

import pytest
import requests

from app.usecases.pair_client import approve_code
from tests.contract.conftest import SECONDS, Client, Server


def tokens(server: Server, body: Any, path: str = "/tokens") -> requests.Response:
    return requests.post(server.url + path, json=body, timeout=SECONDS)


def test_a_code_made_here_pairs_at_once(server: Server) -> None:
    code = server.code(server.store())
    client = Client(server.url)
    assert len(code) == 7
    answer = client.pair(code)
    assert answer.status_code == 200
    (told,) = answer.json()["data"]
    assert (told["policies"], told["pairingCode"], told["facade"], told["label"]) == ([], code, "merchant", "a shop")
    assert told["pairingExpiration"] - told["dateCreated"] == 15 * 60 * 1000
    assert client.get("/tokens").json() == {"data": [{"merchant": told["token"]}]}
    assert client.create().status_code == 200


def test_a_code_works_once(server: Server) -> None:
    code = server.code(server.store())
    assert [Client(server.url).pair(code).status_code for _ in range(2)] == [200, 404]


def test_an_old_code_is_expired(server: Server, advance: Any) -> None:
    code = server.code(server.store())
    advance(15 * 60 + 1)
    answer = Client(server.url).pair(code)
    assert (answer.status_code, answer.json()) == (400, {"error": "Error while pairing (Expired)"})


def test_a_key_belongs_to_one_store(server: Server, client: Client) -> None:
    answer = client.pair(server.code(server.store("another")))
    assert (answer.status_code, answer.json()) == (400, {"error": "Error while pairing (ReusedKey)"})


def test_a_client_asks_and_a_merchant_approves(server: Server) -> None:
    client, store_id = Client(server.url), server.store()
    (asked,) = tokens(server, {"ID": client.sin, "label": "till", "facade": "pos"}, "/Tokens").json()["data"]
    assert asked["facade"] == "merchant"
    assert client.create().status_code == 403
    assert client.pair(asked["pairingCode"]).status_code == 404, "a client cannot approve itself"
    with server.app.app_context():
        approve_code(asked["pairingCode"], store_id, server.services.clock.now())
    assert client.get("/tokens").json() == {"data": [{"merchant": asked["token"]}]}
    assert client.create().status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"pairingCode": "AAAAAAA"}, 400, "'id' property is required"),
        ({"id": "TfHfqhFH8Gyi6JABADH8hWo72P64sXdG2dD", "pairingCode": "AAAAAAA"}, 404, None),
        ({"id": "TfHfqhFH8Gyi6JABADH8hWo72P64sXdG2dE"}, 400, None),
        ({"id": 7}, 400, None),
        ({"id": "TfHfqhFH8Gyi6JABADH8hWo72P64sXdG2dD", "label": "\x00"}, 400, None),
        ([], 400, None),
    ],
)
def test_what_cannot_pair_is_refused_in_json(server: Server, body: Any, status: int, error: str | None) -> None:
    answer = tokens(server, body)
    assert answer.status_code == status
    told = answer.json()["error"]
    assert told == error if error else isinstance(told, str)


def test_a_missing_body_and_missing_credentials_are_told(server: Server) -> None:
    empty = requests.post(f"{server.url}/tokens", timeout=SECONDS)
    assert (empty.status_code, empty.json()) == (400, {"error": "The request body is missing"})
    assert requests.get(f"{server.url}/tokens", timeout=SECONDS).status_code == 401


def test_the_pages_for_merchants_ask_to_sign_in(server: Server) -> None:
    for path in ("/api-tokens", "/api-access-request?pairingCode=Ab3dEf7"):
        page = requests.get(server.url + path, timeout=SECONDS)
        assert "<h1>Sign in</h1>" in page.text
    hostile = requests.get(f"{server.url}/api-access-request?pairingCode=<script>", timeout=SECONDS)
    assert "<script>" not in hostile.text
