"""The server under test, as a client with a store's API key sees it."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests

from regtest.errors import RegtestError
from regtest.targets import parse_bitcoin

TIMEOUT_SECONDS = 30
ON_CHAIN = "BTC-CHAIN"
CONFIRMATIONS = {"HighSpeed": 0, "MediumSpeed": 1, "LowMediumSpeed": 2, "LowSpeed": 6}
"""How many a payment needs to settle, by the speed policy of its invoice."""


@dataclass(frozen=True)
class Due:
    """Where to pay, and how much remains."""

    destination: str
    sats: int


@dataclass(frozen=True)
class Standing:
    """How an invoice stands."""

    status: str
    additional: str

    def __str__(self) -> str:
        """As scenarios and reports write it."""
        return self.status if self.additional == "None" else f"{self.status} ({self.additional})"


@dataclass(frozen=True)
class PaymentSeen:
    """One payment as the server counts it. `status` is Processing, Settled or Invalid."""

    txid: str
    sats: int
    status: str


class Server:
    """One store of a Sattle server. Raises RegtestError for every refusal and every silence."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"token {api_key}"

    @cached_property
    def store_id(self) -> str:
        """The one store that the key is for."""
        stores = self._ask("GET", "/api/v1/stores")
        if not isinstance(stores, list) or not all(isinstance(each, dict) and "id" in each for each in stores):
            raise self._is_none("/api/v1/stores", "a list of stores", stores)
        if len(stores) != 1:
            raise RegtestError(f"the API key sees {len(stores)} stores; make one that is for a single store")
        return str(stores[0]["id"])

    def health(self) -> dict[str, Any]:
        """What /health says, `network` and `tip_height` at least. RegtestError where it is somebody else's."""
        said = self._ask("GET", "/health")
        if not isinstance(said, dict) or not {"network", "tip_height"} <= said.keys():
            raise self._is_none("/health", "a network and a height", said)
        return said

    def tip_height(self) -> int:
        """The height of the block that the server's worker stands on; -1 before the first."""
        height = self.health()["tip_height"]
        return -1 if height is None else int(height)

    def create_invoice(self, price: str, currency: str) -> str:
        """An invoice that no shop asked for; returns its id."""
        made = self._ask("POST", self._of_store("/invoices"), {"amount": price, "currency": currency})
        return str(made["id"])

    def invoice(self, invoice_id: str) -> dict[str, Any]:
        """All that the API says of it."""
        shown: dict[str, Any] = self._ask("GET", self._of_store(f"/invoices/{invoice_id}"))
        return shown

    def standing(self, invoice_id: str) -> Standing:
        """Status and additional status."""
        shown = self.invoice(invoice_id)
        return Standing(shown["status"], shown["additionalStatus"])

    def due(self, invoice_id: str) -> Due:
        """What the buyer is asked for now, on the chain."""
        method = self._on_chain(invoice_id)
        due = str(method["due"])
        return Due(str(method["destination"]), 0 if due.startswith("-") else parse_bitcoin(due, "due"))

    def payments(self, invoice_id: str) -> list[PaymentSeen]:
        """Every payment, those that do not count included, in the order of the server."""
        found = self._on_chain(invoice_id)["payments"]
        return [
            PaymentSeen(str(each["id"]).partition("-")[0], parse_bitcoin(each["value"], "value"), each["status"])
            for each in found
        ]

    def mark(self, invoice_id: str, status: str) -> None:
        """What a merchant does by hand: Settled or Invalid."""
        self._ask("POST", self._of_store(f"/invoices/{invoice_id}/status"), {"status": status})

    def story(self, invoice_id: str) -> list[dict[str, Any]]:
        """The steps of the invoice's story as its buyer may read it: `state`, `at`, `title`, `text`, `facts`."""
        steps: list[dict[str, Any]] = self._ask("GET", f"/i/{invoice_id}/story.json")["steps"]
        return steps

    def _is_none(self, path: str, wanted: str, found: object) -> RegtestError:
        is_shop = isinstance(found, dict) and "webhook_mode" in found
        there = "that is the stand-in shop, which goes after --shop" if is_shop else f"found: {json.dumps(found)[:200]}"
        return RegtestError(
            f"--server {self.url} is no Sattle server: {path} should tell {wanted} ({there});"
            " give the server's address, as in http://127.0.0.1:8000"
        )

    def _of_store(self, path: str) -> str:
        return f"/api/v1/stores/{self.store_id}{path}"

    def _on_chain(self, invoice_id: str) -> dict[str, Any]:
        path = self._of_store(f"/invoices/{invoice_id}/payment-methods?onlyAccountedPayments=false")
        methods = self._ask("GET", path)
        for method in methods:
            if method["paymentMethodId"] == ON_CHAIN:
                found: dict[str, Any] = method
                return found
        raise RegtestError(f"invoice {invoice_id} cannot be paid on the chain; give its store a wallet")

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            answer = self._session.request(method, self.url + path, json=body, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise RegtestError(f"the server at {self.url} does not answer {method} {path}: {error}") from error
        if not answer.ok:
            raise RegtestError(f"the server answered {answer.status_code} to {method} {path}: {answer.text[:300]}")
        try:
            return answer.json() if answer.content else None
        except requests.JSONDecodeError as error:
            raise RegtestError(f"the server answered {method} {path} with no JSON: {answer.text[:200]!r}") from error
