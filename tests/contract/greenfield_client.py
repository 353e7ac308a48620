"""A merchant under contract: the real application on either engine, called without HTTP, and keys of every kind."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.api.greenfield.auth import sha256_of
from app.clock import Clock
from app.db.models import ApiKey, Quote, StoreUser, User
from app.db.session import change
from app.domain.ids import new_id
from app.domain.permissions import Policy, Role
from app.services import Services
from app.settings import Settings
from app.usecases.add_wallet import add_wallet
from app.usecases.check_password import password_hash
from app.usecases.create_store import create_store
from tests.account_keys import fresh_key
from tests.contract.answer_checks import check
from tests.databases import let_go

PASSWORD = "correct horse battery staple"
SEALING_KEY = "c2F0dGxlIHRlc3RzIHNlYWwgd2l0aCB0aGlzIGtleSE="
HASH = password_hash(PASSWORD)  # once: it takes its time
PLUGIN = (  # what the WooCommerce plugin asks for
    Policy.VIEW_INVOICES,
    Policy.CREATE_INVOICE,
    Policy.VIEW_STORE,
    Policy.MODIFY_INVOICES,
    Policy.CREATE_NON_APPROVED_PULL_PAYMENTS,
    Policy.MODIFY_WEBHOOKS,
)


@dataclass
class GreenfieldClient:
    """Calls the API with the headers of its credentials. Paths are below /api/v1 unless they begin with //."""

    app: Flask
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> TestResponse:
        url = path[1:] if path.startswith("//") else "/api/v1" + path
        headers = {**self.headers, **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        answer = self.app.test_client().open(url, method=method, headers=headers, **options)
        check(method, url, answer)
        return answer

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.call("GET", path, query_string=query)

    def post(self, path: str, json: Any = None) -> TestResponse:
        return self.call("POST", path, json)

    def put(self, path: str, json: Any = None) -> TestResponse:
        return self.call("PUT", path, json)

    def delete(self, path: str) -> TestResponse:
        return self.call("DELETE", path)


@dataclass
class Merchant:
    """A person, the stores they have something to do with, and their keys. Another one is a stranger to these."""

    app: Flask
    user_id: str
    email: str
    store_id: str = ""

    @property
    def services(self) -> Services:
        found: Services = self.app.extensions["sattle"]
        return found

    def store(self, name: str = "a store", role: Role = Role.OWNER, **settings: Any) -> str:
        """A store that is paid to a wallet of its own."""
        with self.app.app_context():
            now = self.services.clock.now()
            store_id = create_store(name, now, settings)
            add_wallet(store_id, self.services.account_key(fresh_key(), None).descriptor, "regtest", now)
            with change() as session:
                session.add(StoreUser(store_id=store_id, user_id=self.user_id, role=role.value))
            return store_id

    def key(self, *permissions: str, revoked: bool = False) -> str:
        """A key of this person, 40 hex characters; without permissions it may do everything."""
        key = secrets.token_hex(20)
        with self.app.app_context(), change() as session:
            now = self.services.clock.now()
            session.add(
                ApiKey(
                    id=new_id(),
                    key_sha256=sha256_of(key),
                    user_id=self.user_id,
                    label="a key",
                    permissions=[str(each) for each in permissions or (Policy.UNRESTRICTED,)],
                    created_at=now,
                    last_used_at=None,
                    revoked_at=now if revoked else None,
                )
            )
        return key

    def client(self, *permissions: str, **options: Any) -> GreenfieldClient:
        """A client with a key of its own."""
        return client_with(self.app, self.key(*permissions, **options))

    def plugin(self) -> GreenfieldClient:
        """A client with the key that the WooCommerce plugin's wizard gets for the store."""
        return self.client(*(f"{policy}:{self.store_id}" for policy in PLUGIN))


def client_with(app: Flask, key: str) -> GreenfieldClient:
    return GreenfieldClient(app, {"Authorization": f"token {key}"})


def new_merchant(app: Flask, email: str = "merchant@shop.example", **fields: Any) -> Merchant:
    """A person without a store; the password is PASSWORD."""
    with app.app_context(), change() as session:
        now = app.extensions["sattle"].clock.now()
        user_id = new_id()
        session.add(User(id=user_id, email=email, password_hash=HASH, created_at=now, **fields))
    return Merchant(app, user_id, email)


def add_quotes(app: Flask, **rates: str) -> None:
    """Rates of the fixed source, by currency."""
    clock: Clock = app.extensions["sattle"].clock
    with app.app_context(), change() as session:
        for currency, rate in rates.items():
            session.merge(Quote(source="fixed", pair=f"BTC_{currency}", rate=Decimal(rate), at=clock.now()))


def make_app(directory: Path, database_url: str, **environment: str) -> Flask:
    """The application on a migrated database, with quotes for EUR, USD and JPY and a clock that tests may move."""
    chosen = {
        "SATTLE_NETWORK": "regtest",
        "SATTLE_DATA_DIR": str(directory),
        "SATTLE_TEST_CLOCK": str(directory / "clock"),
        "SATTLE_PUBLIC_URL": "https://pay.example",
        "SATTLE_SEALING_KEY": SEALING_KEY,
        "DATABASE_URL": database_url,
    }
    app = create_app(Settings.from_environment({**chosen, **environment}))
    add_quotes(app, EUR="50000", USD="55000.5", JPY="9000000")
    return app


@pytest.fixture
def greenfield(tmp_path: Path, migrated_url: str) -> Iterator[Flask]:
    """The application, on both engines."""
    app = make_app(tmp_path, migrated_url)
    yield app
    let_go(app)


@pytest.fixture
def merchant(greenfield: Flask) -> Merchant:
    """A merchant who owns one store."""
    made = new_merchant(greenfield)
    made.store_id = made.store()
    return made


@pytest.fixture
def stranger(greenfield: Flask) -> Merchant:
    """Another merchant, with a store that is none of the first one's business."""
    made = new_merchant(greenfield, "stranger@shop.example")
    made.store_id = made.store("another store")
    return made
