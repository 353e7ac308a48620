"""A WooCommerce shop of a few lines, for tests of what we say to one: answers are given by the test."""

import json
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from woo_bridge.rest.address import ShopKey
from woo_bridge.rest.oauth import base_string, signature

KEY = ShopKey("ck_" + "1" * 40, "cs_" + "2" * 40)
REFUSED = {
    "code": "woocommerce_rest_cannot_view",
    "message": "Sorry, you cannot list resources.",
    "data": {"status": 401},
}
NOT_OURS = {  # what is signed with a key, or over an address, that it does not know
    "code": "woocommerce_rest_authentication_error",
    "message": "Consumer key is invalid.",
    "data": {"status": 401},
}
GONE = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
HTML = {"Content-Type": "text/html; charset=UTF-8"}


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class Said:
    """An answer; a dict or list is sent as JSON."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


Answers = Callable[[Asked], Said]


@dataclass
class StubShop:
    """`home` is where it is. `https_seen`: what its PHP believes, whatever the line is. `proofs` it was shown."""

    home: str
    https_seen: bool = False
    answers: Answers | None = None
    asked: list[Asked] = field(default_factory=list)
    may_write: bool = True
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    hooks: list[dict[str, Any]] = field(default_factory=list)  # that it was asked to keep

    @property
    def root(self) -> str:
        return f"{self.home}/wp-json/"

    def answer(self, asked: Asked) -> Said:
        """As WooCommerce would, unless the test says otherwise."""
        self.asked.append(asked)
        if self.answers is not None:
            return self.answers(asked)
        return self.usual(asked)

    def usual(self, asked: Asked) -> Said:
        if asked.path in ("", "/"):
            return Said(200, "<html>shop</html>", {**HTML, "Link": f'<{self.root}>; rel="https://api.w.org/"'})
        if asked.path == "/wp-json/":
            return Said(200, {"name": "Stub &amp; Sons", "namespaces": ["wp/v2", "wc/v3"], "home": self.home})
        route = asked.path.removeprefix("/wp-json/wc/v3")
        if not self.is_let_in(asked):
            is_signed = asked.headers.get("Authorization", "").startswith("OAuth ")
            return Said(401, NOT_OURS if is_signed else REFUSED)
        if asked.method in ("PUT", "POST") and not self.may_write:
            code = "woocommerce_rest_authentication_error"
            return Said(401, {"code": code, "message": "The API key provided does not have write permissions."})
        return self._of(route, asked)

    def _of(self, route: str, asked: Asked) -> Said:
        if route == "/orders":
            return Said(200, list(self.orders.values()), {"X-WP-TotalPages": "1"})
        if route.startswith("/orders/"):
            order = self.orders.get(int(route.split("/")[2]))
            if order is None:
                return Said(400 if asked.method == "PUT" else 404, GONE)
            if asked.method in ("PUT", "POST"):
                order.update(asked.body)
            return Said(200, order)
        if route == "/webhooks" and asked.method == "POST":
            self.hooks.append(asked.body)
            return Said(201, {"id": len(self.hooks)})
        if route in self.settings:
            return Said(200, self.settings[route])
        return Said(404, {"code": "rest_setting_setting_group_invalid", "message": "Invalid setting group."})

    def is_let_in(self, asked: Asked) -> bool:
        """By Basic where it sees https, else by OAuth signed over its own address."""
        proof = asked.headers.get("Authorization", "")
        if proof.startswith("Basic "):
            both = f"{KEY.consumer_key}:{KEY.consumer_secret}"
            return self.https_seen and b64decode(proof.removeprefix("Basic ")).decode() == both
        if not proof.startswith("OAuth "):
            return False
        pairs = (part.partition("=") for part in proof.removeprefix("OAuth ").split(", "))
        given = {name: dict(parse_qsl(f"v={value.strip(chr(34))}"))["v"] for name, _, value in pairs}
        scheme = "https" if self.https_seen else "http"
        url = f"{scheme}://{urlsplit(self.home).netloc}{asked.path}"
        theirs = given.pop("oauth_signature")
        return theirs == signature(base_string(asked.method, url, {**asked.query, **given}), KEY.consumer_secret)


@contextmanager
def stub_shop(tls: tuple[Path, Path] | None = None, **options: Any) -> Iterator[StubShop]:
    """A running one; `tls` are the files of a certificate and its key."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = Asked(self.command, parts.path, query, dict(self.headers), json.loads(body) if body else None)
            with suppress(OSError):  # the client had enough
                self._say(shop.answer(asked))

        do_GET = do_PUT = do_POST = do_DELETE = _any  # noqa: N815 - the names that the library looks for

        def _say(self, said: Said) -> None:
            is_text = isinstance(said.body, str)
            sent = said.body.encode() if is_text else json.dumps(said.body).encode()
            self.send_response_only(said.status)
            for name, value in ({} if is_text else {"Content-Type": "application/json"} | said.headers).items():
                self.send_header(name, value)
            for name, value in (said.headers if is_text else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if tls else "http"
        shop = StubShop(f"{scheme}://127.0.0.1:{server.server_port}", **options)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield shop
        server.shutdown()


def an_order(order_id: int = 107, **changes: Any) -> dict[str, Any]:
    """An order as REST tells it."""
    return {
        "id": order_id,
        "number": str(order_id),
        "status": "pending",
        "total": "12.34",
        "currency": "EUR",
        "order_key": f"wc_order_{order_id}",
        "payment_method": "btcpaygf_default",
        "transaction_id": "",
        "needs_payment": True,
        "needs_processing": True,
        "date_paid_gmt": None,
        "date_modified_gmt": "2026-11-23T02:12:19",
        "created_via": "store-api",
        "refunds": [],
        "meta_data": [{"id": 1, "key": "BTCPay_id", "value": "inv1"}],
        "line_items": [],
        **changes,
    }
