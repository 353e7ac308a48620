"""A stand-in for Sattle over real HTTP that checks every signature, and a running shop that is paired with it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.serving import make_server

from regtest.ports import free_port
from regtest.shop.app import create_shop
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.settings import ShopSettings
from regtest.shop.till import NOTIFICATION_PATH, Till
from tests.serving import serving

SECONDS = 15
GOOD_CODE = "A84iNMp"
TOKEN = "7bysAo13J3L22nivpWjVU2kV3J4CWKC3SHK44QTmsJFC"


def is_signed(url: str, body: bytes, identity: str, signature: str) -> bool:
    """Whether the signature is that key's over address and body."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), bytes.fromhex(identity))
    try:
        public.verify(bytes.fromhex(signature), url.encode() + body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@dataclass
class Seen:
    """One request that the stub got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class StubSattle:
    """What the stub answers can be changed at any time: an invoice's status, or an error for everything."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str | None = None
    raw_answer: bytes | None = None

    def answer(self, request: Seen) -> tuple[int, bytes]:
        self.seen.append(request)
        if self.raw_answer is not None:
            return 200, self.raw_answer
        status, said = self._said(request)
        return status, json.dumps(said).encode()

    def _said(self, request: Seen) -> tuple[int, dict[str, Any]]:
        path = urlsplit(request.path).path
        if path == "/tokens":
            return self._pairing(request.fields)
        identity, signature = request.headers.get("x-identity", ""), request.headers.get("x-signature", "")
        if not is_signed(self.url + request.path, request.body, identity, signature):
            return 401, {"error": "BitId authentication failed"}
        if self.error is not None:
            return 400, {"error": self.error}
        if request.method == "POST":
            return 200, {"facade": "pos/invoice", "data": self._new_invoice(request.fields)}
        invoice = self.invoices.get(path.removeprefix("/invoices/"))
        return (200, {"data": invoice}) if invoice else (404, {"error": "Object not found"})

    def _pairing(self, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if fields["pairingCode"] != GOOD_CODE:
            return 404, {"error": "The specified pairingCode is not found"}
        entry = {"policies": [], "pairingCode": GOOD_CODE, "pairingExpiration": 1, "dateCreated": 1}
        return 200, {"data": [{**entry, "facade": "merchant", "token": TOKEN, "label": fields["label"]}]}

    def _new_invoice(self, fields: dict[str, Any]) -> dict[str, Any]:
        invoice_id = f"invoice{len(self.invoices) + 1}"
        self.invoices[invoice_id] = {
            "id": invoice_id,
            "url": f"{self.url}/invoice?id={invoice_id}",
            "status": "new",
            **{name: fields[name] for name in ("price", "currency", "posData")},
        }
        return self.invoices[invoice_id]


class Stub(Protocol):
    """Something that answers requests over HTTP, and is told its own address."""

    url: str

    def answer(self, request: Seen) -> tuple[int, bytes]: ...


@contextmanager
def running_stub() -> Iterator[StubSattle]:
    stub = StubSattle()
    with served_stub(stub):
        yield stub


@contextmanager
def served_stub(stub: Stub) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = stub.answer(Seen(self.command, self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield


class Shop:
    """A running shop, and the stub it is paired with."""

    def __init__(self, till: Till, stub: StubSattle) -> None:
        self.till = till
        self.stub = stub
        self.url = till.settings.url

    def post(self, path: str, body: object) -> requests.Response:
        return requests.post(f"{self.url}{path}", json=body, timeout=SECONDS, allow_redirects=False)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=SECONDS, allow_redirects=False)

    def order(self, **fields: object) -> dict[str, Any]:
        answer = self.post("/api/orders", {"price": "12.34", **fields})
        answer.raise_for_status()
        return dict(answer.json())

    def look(self, order: dict[str, Any]) -> dict[str, Any]:
        return dict(self.get(f"/api/orders/{order['order_id']}").json())

    def notify(
        self, order: dict[str, Any], *, code: object = None, status: str | None = None, **changes: object
    ) -> requests.Response:
        """Set the invoice's status if one is given, then send a plain IPN, or an extended one with an event code."""
        invoice = self.stub.invoices[order["invoice_id"]]
        if status is not None:
            invoice["status"] = status
        data = {name: value for name, value in {**invoice, **changes}.items() if value is not None}
        body = data if code is None else {"event": {"code": code, "name": "invoice_x"}, "data": data}
        return self.post(NOTIFICATION_PATH, body)


@contextmanager
def running_shop(directory: Path) -> Iterator[Shop]:
    with running_stub() as stub:
        till = Till(ShopSettings(port=free_port(), server=stub.url, state_dir=directory))
        till.pair(GOOD_CODE)
        plugin = GreenfieldPlugin(till.settings, till.orders, till.inbox, till.clock.now)
        with serving(make_server("127.0.0.1", till.settings.port, create_shop(till, plugin), threaded=True)):
            yield Shop(till, stub)
