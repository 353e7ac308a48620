"""Signatures as BitPay clients make them, over the URL that the client sees."""

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.api.bitpay.auth import is_sin, signature_is_valid, sin_of
from tests.contract.conftest import SECONDS, Client, Server

FIXTURES = Path(__file__).parent.parent / "fixtures"
BITID = json.loads((FIXTURES / "bitid.json").read_text(encoding="utf-8"))
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1's group


def changed(text: str, at: int) -> str:
    """`text` with one character changed."""
    other = "0" if text[at] != "0" else "1"
    return text[:at] + other + text[at + 1 :]


def test_the_sin_of_the_published_key_is_known() -> None:
    assert sin_of(BITID["publicKeyHex"]) == BITID["sin"]
    assert is_sin(BITID["sin"])
    assert not is_sin(changed(BITID["sin"], 9))


@pytest.mark.parametrize("sent", BITID["requests"], ids=lambda sent: f"{sent['method']} {sent['url']}")
def test_published_signatures_verify_and_fail_with_one_byte_changed(sent: dict[str, Any]) -> None:
    signed = sent["signedText"]
    assert signed == sent["url"] + sent["body"]
    assert signature_is_valid(sent["xIdentity"], sent["xSignature"], signed.encode())
    for at in (0, len(sent["url"]) - 1, len(signed) - 1):
        assert not signature_is_valid(sent["xIdentity"], sent["xSignature"], changed(signed, at).encode())
    assert not signature_is_valid(changed(sent["xIdentity"], 20), sent["xSignature"], signed.encode())
    assert not signature_is_valid(sent["xIdentity"], changed(sent["xSignature"], 30), signed.encode())


def test_high_s_and_uncompressed_keys_are_accepted(client: Client) -> None:
    target = "/invoices?token=x"
    r, s = utils.decode_dss_signature(bytes.fromhex(client.signature((client.server + target).encode())))
    for either in (s, ORDER - s):
        assert client.get(target, x_signature=utils.encode_dss_signature(r, either).hex()).status_code == 200
    long_key = client.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
    assert client.get(target, x_identity=long_key).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"x_signature": "00"}, {"x_signature": "zz"}, {"x_identity": "zz"}, {"x_identity": "02" + "ff" * 32}]
)
def test_nonsense_in_the_headers_is_unauthenticated(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/invoices?token=x", **headers)
    told = "BitId authentication failed"
    assert (answer.status_code, answer.json()) == (401, {"errors": [{"error": told}], "error": told})


def test_one_byte_changed_in_url_or_body_is_unauthenticated(client: Client) -> None:
    assert client.send("GET", "/invoices?token=x", signed_url=f"{client.server}/invoices?token=y").status_code == 401
    signature = client.signature(f"{client.server}/invoices".encode() + b'{"price":1}')
    assert client.send("POST", "/invoices", '{"price":2}', x_signature=signature).status_code == 401


@pytest.mark.parametrize("query", ["orderId=a%20b", "orderId=a+b", "orderId=%C3%BC&x=%7e", "orderId=a%2Fb&&", "a='~!"])
def test_percent_encoding_is_verified_as_sent(client: Client, query: str) -> None:
    target = f"/invoices?{query}"
    signature = client.signature((client.server + target).encode())
    connection = HTTPConnection(client.server.removeprefix("http://"), timeout=SECONDS)  # requests would rewrite it
    connection.request("GET", target, headers={"x-identity": client.identity, "x-signature": signature})
    with connection.getresponse() as answer:
        assert answer.status == 200
    connection.close()


def test_an_unpaired_client_is_forbidden_and_may_still_ask_for_tokens(server: Server) -> None:
    stranger = Client(server.url)
    assert stranger.get("/invoices?token=x").status_code == 403
    assert stranger.create().status_code == 403
    tokens = stranger.get("/tokens")
    assert (tokens.status_code, tokens.json()) == (200, {"data": []})


def test_the_configured_public_address_may_be_signed(client: Client) -> None:
    answer = client.send("GET", "/invoices?token=x", signed_url="http://127.0.0.1:8000/invoices?token=x")
    assert answer.status_code == 200


PROXY = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "pay.example.com"}
THROUGH_PROXY = "https://pay.example.com/invoices?token=x"


def test_forwarded_headers_of_strangers_are_not_believed(client: Client) -> None:
    assert client.send("GET", "/invoices?token=x", signed_url=THROUGH_PROXY, **PROXY).status_code == 401


class TestBehindAProxy:
    @pytest.fixture
    def environment(self) -> dict[str, str]:
        return {"SATTLE_TRUSTED_PROXIES": "127.0.0.0/8"}

    def test_the_url_that_the_client_saw_is_verified(self, client: Client) -> None:
        assert client.send("GET", "/invoices?token=x", signed_url=THROUGH_PROXY, **PROXY).status_code == 200
        assert client.send("GET", "/invoices?token=x", **PROXY).status_code == 401
