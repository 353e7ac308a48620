"""A server under contract: the real application on either engine behind real HTTP, without a node."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.api.bitpay.auth import sin_of
from app.db.models import Quote
from app.db.session import change
from app.services import Services
from app.settings import Settings
from app.usecases.add_wallet import add_wallet
from app.usecases.create_store import create_store
from app.usecases.pair_client import make_code
from regtest.installation import GUNICORN, wait_for_http
from regtest.ports import free_port
from regtest.processes import Process
from regtest.state import PROJECT_ROOT
from tests.contract.greenfield_client import greenfield, merchant, stranger  # noqa: F401 - fixtures
from tests.databases import let_go
from tests.marking import slow_on_postgresql
from tests.serving import serving

HERE = Path(__file__).parent
SECONDS = 10
Serve = Callable[..., str]
ACCOUNT_KEY = (
    "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B"
)


# Their own SQL is little and the same on both engines; what they call runs on both in the integration tests, and what
# invoices, webhooks and the older dialect send does here. `make test-all` runs these on PostgreSQL, too.
SQLITE_IN_MAKE_TEST = {
    "test_admin_people",
    "test_admin_shop",
    "test_admin_stores",
    "test_audit",
    "test_admin_home",
    "test_admin_invoice",
    "test_admin_invoices",
    "test_admin_mismatches",
    "test_admin_roles",
    "test_authorize",
    "test_greenfield_document",
    "test_greenfield_ground",
    "test_greenfield_keys",
    "test_greenfield_rates",
    "test_greenfield_refunds",
    "test_greenfield_server",
    "test_greenfield_store_methods",
    "test_greenfield_stores",
    "test_merchant_pages",
    "test_page_weight",
    "test_payout_pages",
    "test_second_factor",
    "test_sign_in",
    "test_bitpay_hostile",
    "test_commands_in_trouble",
    "test_gunicorn",
    "test_checkout_secrets",
    "test_story_pages",
    "test_user_commands",
    "test_webhook_commands",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow_on_postgresql(items, HERE, SQLITE_IN_MAKE_TEST)


@dataclass
class Client:
    """A BitPay client with a key of its own. Signs the URL that it calls, unless told to sign another."""

    server: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256K1()))

    @property
    def identity(self) -> str:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()

    @property
    def sin(self) -> str:
        return sin_of(self.identity)

    def signature(self, text: bytes) -> str:
        return self.key.sign(text, ec.ECDSA(SHA256())).hex()

    def send(
        self, method: str, target: str, body: str = "", signed_url: str | None = None, **headers: str
    ) -> requests.Response:
        url = self.server + target
        signed = (signed_url or url).encode() + body.encode()
        sent = {"x-identity": self.identity, "x-signature": self.signature(signed), "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = requests.Request(method, url, headers=sent, data=body.encode() or None).prepare()
        request.url = url  # exactly as signed
        with requests.Session() as session:
            return session.send(request, timeout=SECONDS)

    def create(self, **fields: Any) -> requests.Response:
        return self.send("POST", "/invoices", json.dumps({"price": 12.34, "currency": "EUR", **fields}))

    def get(self, target: str, **headers: str) -> requests.Response:
        return self.send("GET", target, **headers)

    def pair(self, code: str) -> requests.Response:
        body = {"id": self.sin, "pairingCode": code, "label": "a shop"}
        return requests.post(f"{self.server}/tokens", json=body, timeout=SECONDS)


@dataclass
class Server:
    """The running application and the merchant's side of it."""

    app: Flask
    url: str
    network: str = "regtest"

    @property
    def services(self) -> Services:
        return self.app.extensions["sattle"]

    def store(self, name: str = "a store", **settings: Any) -> str:
        """A store that is paid to its own wallet."""
        with self.app.app_context():
            now = self.services.clock.now()
            store_id = create_store(name, now, settings)
            scheme = self.services.account_key(ACCOUNT_KEY, None)
            add_wallet(store_id, scheme.descriptor, self.network, now)
            return store_id

    def code(self, store_id: str) -> str:
        with self.app.app_context():
            return make_code(store_id, self.services.clock.now()).code

    def paired(self, store_id: str) -> Client:
        client = Client(self.url)
        client.pair(self.code(store_id)).raise_for_status()
        return client


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The settings of the server; a test module may give its own."""
    return {}


@pytest.fixture
def server(tmp_path: Path, migrated_url: str, environment: dict[str, str]) -> Iterator[Server]:
    chosen = {
        "SATTLE_NETWORK": "regtest",
        "SATTLE_DATA_DIR": str(tmp_path),
        "SATTLE_TEST_CLOCK": str(tmp_path / "clock"),
        "DATABASE_URL": migrated_url,
    }
    app = create_app(Settings.from_environment({**chosen, **environment}))
    with app.app_context(), change() as session:
        for pair, rate in (("BTC_EUR", "50000"), ("BTC_USD", "55000.5")):
            now = app.extensions["sattle"].clock.now()
            session.add(Quote(source="fixed", pair=pair, rate=Decimal(rate), at=now))
    http = make_server("127.0.0.1", 0, app, threaded=True)
    with serving(http):
        yield Server(app, f"http://127.0.0.1:{http.port}")
    let_go(app)


@pytest.fixture
def serve(server: Server, migrated_url: str, tmp_path: Path) -> Iterator[Serve]:
    """Start gunicorn on the database of `server`; arguments are its options, keywords are settings."""
    with ExitStack() as running:

        def start(*options: str, wsgi: str = "wsgi:app", **settings: str) -> str:
            url = f"127.0.0.1:{free_port()}"
            process = Process(
                "gunicorn",
                [sys.executable, *GUNICORN, "--bind", url, *options, wsgi],
                log=tmp_path / "gunicorn.log",
                environment={
                    "SATTLE_NETWORK": "regtest",
                    "SATTLE_DATA_DIR": str(tmp_path),
                    "DATABASE_URL": migrated_url,
                    "SATTLE_PUBLIC_URL": "https://pay.example",
                    "HOME": str(tmp_path),
                    "FORWARDED_ALLOW_IPS": "*",  # of no effect
                    "WEB_CONCURRENCY": "3",  # of no effect
                    **settings,
                },
                directory=PROJECT_ROOT,
            )
            running.callback(process.stop)
            process.start()
            wait_for_http(process, f"http://{url}/health")
            return f"http://{url}"

        yield start


@pytest.fixture
def client(server: Server) -> Client:
    """A client paired with a store of its own."""
    return server.paired(server.store())


@pytest.fixture
def advance(tmp_path: Path) -> Any:
    """Let the server's clock run ahead by so many seconds."""

    def move(seconds: int) -> None:
        (tmp_path / "clock").write_text(str(seconds), encoding="ascii")

    return move
