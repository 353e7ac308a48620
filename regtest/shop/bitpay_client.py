"""The shop's side of the BitPay dialect: pairing, and the two signed calls that the plugin makes.

As in the plugin, the status code counts only when pairing; otherwise the JSON body alone says what happened. Time-out
10 s, no redirects, a new connection each time.
"""

import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

from regtest.shop import phpjson
from regtest.shop.bitid import Key
from regtest.shop.errors import ServerRefused, ServerUnreachable

TIMEOUT_SECONDS = 10
HEADERS = {
    "Accept": "*/*",
    "Content-Type": "application/json",
    "X-BitPay-Plugin-Info": "BitPay PHP-Client BTCPAY/2.2.23",
    "User-Agent": "BitPay PHP-Client BTCPAY/2.2.23 (PHP 8.2.36)",
    "X-Accept-Version": "2.0.0",
}
FIRST_BAD_STATUS = 400


def pair(server: str, key: Key, code: str, label: str) -> str:
    """Use a pairing code and return the token. Raises ServerRefused or ServerUnreachable."""
    fields = {"id": key.sin, "pairingCode": code, "label": label, "guid": str(uuid.uuid4())}
    status, answer = _send("POST", f"{server}/tokens", phpjson.encode(fields).encode())
    if status >= FIRST_BAD_STATUS or "error" in answer:
        raise ServerRefused(f"{status}: {answer.get('error')}")
    try:
        entry = answer["data"][0]
        token, facade = str(entry["token"]), entry["facade"]
        required = (entry["policies"], entry["dateCreated"])
    except (LookupError, TypeError) as error:
        raise ServerRefused(f"the answer to the pairing lacks {error}") from error
    del required
    if facade != "merchant":
        raise ServerRefused(f"the token is for {facade!r}, not for 'merchant'")
    return token


class BitpayClient:
    """A paired shop's calls. Raises ServerRefused with the server's words, ServerUnreachable without an answer."""

    def __init__(self, server: str, key: Key, token: str) -> None:
        self._server = server
        self._key = key
        self._token = token

    def create_invoice(self, fields: Mapping[str, object], nonce: Decimal) -> dict[str, Any]:
        """POST /invoices; `fields` are sent in their order, then guid, nonce and token. Returns the invoice object."""
        body = {**fields, "guid": str(uuid.uuid4()), "nonce": nonce, "token": self._token}
        return self._signed("POST", f"{self._server}/invoices", phpjson.encode(body).encode())

    def fetch_invoice(self, invoice_id: str) -> dict[str, Any]:
        """GET /invoices/{id}?token=…; returns the invoice object."""
        url = f"{self._server}/invoices/{quote(invoice_id, safe='')}?token={quote(self._token, safe='')}"
        return self._signed("GET", url, b"")

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, Any]:
        signature = {"x-identity": self._key.identity, "x-signature": self._key.sign(url, body)}
        status, answer = _send(method, url, body, signature)
        if "error" in answer or "errors" in answer:
            raise ServerRefused(_words(answer), status)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise ServerRefused("the answer has neither `data` nor `error`", status)
        return data


def _words(answer: Mapping[str, Any]) -> str:
    """What the plugin shows: `error`, else the list of strings in `errors`."""
    if "error" in answer:
        return str(answer["error"])
    listed = answer["errors"]
    return ", ".join(str(entry) for entry in listed) if isinstance(listed, list) else str(listed)


def _send(
    method: str, url: str, body: bytes, more_headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of the answer. Raises ServerRefused for anything but a JSON object."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor a .netrc has a part in this
            answer = session.request(
                method,
                url,
                data=body or None,
                headers={**HEADERS, **(more_headers or {})},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise ServerUnreachable(f"{method} {url}: {error}") from error
    try:
        said = json.loads(answer.content)
    except ValueError as error:
        raise ServerRefused(f"{method} {url} was answered without JSON", answer.status_code) from error
    if not isinstance(said, dict):
        raise ServerRefused(f"{method} {url} was answered with JSON that is no object", answer.status_code)
    return answer.status_code, said
