"""A BitPay client for measurements: signs with coincurve, keeps its connection."""

import hashlib
import json
import os
from typing import Any
from urllib.parse import urlsplit

import base58
import requests
from coincurve import PrivateKey

from bench.load import post


class SignedClient:
    """One client key and one HTTP connection."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._key = PrivateKey(os.urandom(32))
        self._identity = self._key.public_key.format().hex()
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def sin(self) -> str:
        digest = hashlib.new("ripemd160", hashlib.sha256(bytes.fromhex(self._identity)).digest()).digest()
        return base58.b58encode_check(b"\x0f\x02" + digest).decode()

    def pair(self, code: str) -> None:
        """Pair with a store by a code."""
        body = {"id": self.sin, "pairingCode": code, "label": "bench"}
        self._session.post(f"{self._server}/tokens", json=body, timeout=10).raise_for_status()

    def create(self, price: int, **fields: object) -> dict[str, Any]:
        """An invoice of `price` EUR."""
        headers, body = self._signed(price, fields)
        answer = self._session.post(f"{self._server}/invoices", data=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return dict(answer.json()["data"])

    def prepared(self, price: int, **fields: object) -> bytes:
        """The request that `create` would send, as it goes over the wire."""
        return post("/invoices", urlsplit(self._server).netloc, *self._signed(price, fields))

    def _signed(self, price: int, fields: dict[str, object]) -> tuple[dict[str, str], bytes]:
        body = json.dumps({"price": price, "currency": "EUR", **fields}).encode()
        signature = self._key.sign(f"{self._server}/invoices".encode() + body).hex()
        headers = {"Content-Type": "application/json", "x-identity": self._identity, "x-signature": signature}
        return headers, body
