"""Traffic recorded from the BTCPay plugin 3.0.16 for WooCommerce: verified as it was, and replayed against ours."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.api.bitpay.auth import signature_is_valid
from tests.contract.conftest import Client, Server

RECORDED = Path(__file__).parent.parent / "fixtures" / "v1_traffic.jsonl"
TRAFFIC = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
REQUESTS = [entry for entry in TRAFFIC if entry.get("method")]
SIGNED = [entry for entry in REQUESTS if "x-signature" in entry["headers"]]

READ_AND_FIXED = ("price", "currency", "posData", "orderId", "rate", "exceptionStatus", "btcPrice", "amountPaid")
READ = (
    "token", "url", "status", "taxIncluded", "invoiceTime", "expirationTime", "currentTime", "id", "btcPaid",
    "paymentTotals", "paymentSubtotals", "exchangeRates", "bitcoinAddress", *READ_AND_FIXED,
)  # fmt: skip


def test_the_recording_holds_signed_requests_of_both_kinds() -> None:
    assert {entry["method"] for entry in SIGNED} == {"GET", "POST"}


@pytest.mark.parametrize("sent", SIGNED, ids=lambda sent: f"{sent['method']} at {sent['at']}")
def test_recorded_signatures_verify_for_their_public_url_and_fail_with_one_byte_changed(sent: dict[str, Any]) -> None:
    identity, signature = sent["headers"]["x-identity"], sent["headers"]["x-signature"]
    signed = (sent["url"] + sent["body"]).encode()
    assert signature_is_valid(identity, signature, signed)
    for at in {0, len(sent["url"]) - 1, len(signed) - 1}:
        spoilt = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        assert not signature_is_valid(identity, signature, spoilt)
    longer = sent["url"].replace("://", "://x.", 1) + sent["body"]
    assert not signature_is_valid(identity, signature, longer.encode())


def test_the_recorded_session_replayed_with_our_key_reads_the_same(server: Server) -> None:
    client = Client(server.url)
    mapped: dict[str, str] = {}
    for sent in REQUESTS:
        target, body = _mapped(_target(sent["url"]), mapped), _mapped(sent["body"], mapped)
        if target == "/tokens":
            asked = json.loads(body)
            asked |= {"id": client.sin, "pairingCode": server.code(server.store())}
            answer = client.send("POST", target, json.dumps(asked))
            theirs, ours = sent["answer"]["data"][0], answer.json()["data"][0]
            mapped |= {theirs["token"]: ours["token"]}
            assert (ours["facade"], ours["policies"], ours["label"]) == ("merchant", [], theirs["label"])
            assert set(theirs) <= set(ours)
            continue
        answer = client.send(sent["method"], target, body)
        assert answer.status_code == sent["status"]
        mapped |= _compare(sent["answer"], answer.json())


def _compare(theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, str]:
    """Compare what the plugin reads; returns their invoice id with ours."""
    assert set(theirs) == set(ours)
    recorded, invoice = theirs["data"], ours["data"]
    for name in READ:
        assert _kind(invoice[name]) == _kind(recorded[name]), name
    for name in READ_AND_FIXED:
        assert invoice[name] == recorded[name], name
    assert invoice["url"].endswith(f"/invoice?id={invoice['id']}")
    assert invoice["status"] == "new", "nobody paid: there is no node here"
    return {recorded["id"]: invoice["id"]}


def _kind(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def _target(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _mapped(text: str, mapped: dict[str, str]) -> str:
    for theirs, ours in mapped.items():
        text = text.replace(theirs, ours)
    return text
