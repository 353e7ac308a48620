"""The authorisation table: every operation of every part, at every path, with every kind of credentials.

Parts that come later are covered by being listed in PARTS. An id without an example here stands for something that does
not exist, which the table must not tell from what is another's.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.api.greenfield import PARTS
from app.api.greenfield.routing import Access, Operation
from app.domain.permissions import INCLUDED, Policy
from tests.contract.greenfield_client import (
    GreenfieldClient,
    Merchant,
    client_with,
    let_go,
    make_app,
    new_merchant,
)


def made(merchant: Merchant, path: str, **asked: object) -> str:
    """The id of what a POST to the merchant's store makes."""
    answer = merchant.client().post(f"/stores/{merchant.store_id}{path}", asked)
    assert answer.status_code == 200, answer.text
    return str(answer.json["id"])


def new_invoice(merchant: Merchant) -> str:
    return made(merchant, "/invoices", amount="1", currency="EUR")


def new_webhook(merchant: Merchant) -> str:
    return made(merchant, "/webhooks", url="https://shop.example/hook")


def new_pull_payment(merchant: Merchant) -> str:
    return made(merchant, "/pull-payments", name="a refund", amount="2", currency="EUR")


def new_payout(merchant: Merchant) -> str:
    destination = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    return made(merchant, "/payouts", destination=destination, amount="0.001", payoutMethodId="BTC-CHAIN")


EXAMPLES: Mapping[str, Callable[[Merchant], str]] = {  # how a thing that an id names comes into a merchant's store
    "invoice_id": new_invoice,
    "webhook_id": new_webhook,
    "pull_payment_id": new_pull_payment,
    "payout_id": new_payout,
}
NOT_HAD = {"payment_request_id"}  # nobody has one
FILLED = {"payment_method": "BTC-CHAIN", "payment_method_id": "BTC-CHAIN", "coin": "BTC", "below": "x"}
OPERATIONS = [
    pytest.param(operation, path, id=f"{operation.method} {path}")
    for part in PARTS
    for operation in part.operations
    for path in operation.paths
]
GUARDED = [each for each in OPERATIONS if isinstance(each.values[0].permission, Policy)]  # type: ignore[union-attr]


@dataclass
class Scene:
    """A merchant and a stranger with one of everything each, and the merchant's second store."""

    app: Flask
    merchant: Merchant
    stranger: Merchant
    second_store: str
    theirs: dict[str, str]

    def path(self, path: str, store_id: str, ids: Mapping[str, str]) -> str:
        """The path with its ids filled in; what there is no example of does not exist."""
        values = {**FILLED, **ids, "store_id": store_id}
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "unknown"), path)

    def nobody(self) -> list[GreenfieldClient]:
        """Without a key, with a wrong one, with a revoked one."""
        return [
            GreenfieldClient(self.app),
            client_with(self.app, "0" * 40),
            self.merchant.client(Policy.UNRESTRICTED, revoked=True),
        ]

    def others(self) -> list[GreenfieldClient]:
        """A stranger who may do everything, and the merchant's own key for another store."""
        second = [f"{policy}:{self.second_store}" for policy in Policy if policy.is_for_stores]
        return [self.stranger.client(), self.merchant.client(*second)]

    def without(self, policy: Policy) -> GreenfieldClient:
        """A key of the merchant that holds everything which does not include the policy."""
        lesser = [each for each in Policy if policy not in INCLUDED[each]]
        return self.merchant.client(*lesser)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("table")
    shutil.copy(migrated_sqlite, directory / "sattle.db")
    app = make_app(directory, f"sqlite:///{directory / 'sattle.db'}")
    merchant, stranger = new_merchant(app), new_merchant(app, "stranger@shop.example")
    merchant.store_id, stranger.store_id = merchant.store(), stranger.store("the stranger's store")
    theirs = {name: make(stranger) for name, make in EXAMPLES.items()}
    yield Scene(app, merchant, stranger, merchant.store("a second store"), theirs)
    let_go(app)


def send(client: GreenfieldClient, operation: Operation, path: str) -> TestResponse:
    return client.call(operation.method, path, json={} if operation.takes else None)


@pytest.mark.parametrize(("operation", "path"), OPERATIONS)
def test_only_good_credentials_get_in(scene: Scene, operation: Operation, path: str) -> None:
    url = scene.path(path, scene.merchant.store_id, {})
    answers = [send(client, operation, url) for client in scene.nobody()]
    if operation.permission is Access.ANYONE:
        assert all(answer.status_code not in (401, 403) for answer in answers)
        assert len({answer.status_code for answer in answers}) == 1
    else:
        assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(401, "unauthenticated")] * 3
        assert all(set(answer.json) == {"code", "message"} for answer in answers)


@pytest.mark.parametrize(("operation", "path"), GUARDED)
def test_a_key_without_the_permission_is_told_which_is_missing(scene: Scene, operation: Operation, path: str) -> None:
    url = scene.path(path, scene.merchant.store_id, {})
    answer = send(scene.without(Policy(operation.permission)), operation, url)
    assert_missing(answer, Policy(operation.permission))


@pytest.mark.parametrize(("operation", "path"), GUARDED)
def test_what_is_in_another_store_is_told_as_what_does_not_exist(scene: Scene, operation: Operation, path: str) -> None:
    if operation.any_store:
        return
    policy = Policy(operation.permission)
    store_id = scene.stranger.store_id if "<store_id>" in path else ""
    if not store_id and not set(operation.part.resources) & set(re.findall(r"<(\w+)>", path)):
        scoped = scene.merchant.client(*(f"{each}:{scene.second_store}" for each in Policy if each.is_for_stores))
        assert_missing(send(scoped, operation, scene.path(path, "", {})), policy)
        return
    for client in (scene.merchant.client(), scene.others()[1]):
        foreign = send(client, operation, scene.path(path, store_id, scene.theirs))
        unknown = send(client, operation, scene.path(path, "unknown", {}))
        assert_missing(foreign, policy)
        assert foreign.json == unknown.json


@pytest.mark.parametrize(("operation", "path"), GUARDED)
def test_a_thing_of_another_store_is_not_reached_through_ones_own(
    scene: Scene, operation: Operation, path: str
) -> None:
    named = set(operation.part.resources) & set(re.findall(r"<(\w+)>", path))
    if "<store_id>" not in path or not named:
        return
    client = scene.merchant.client()
    foreign = send(client, operation, scene.path(path, scene.merchant.store_id, scene.theirs))
    if named & set(scene.theirs):
        assert_missing(foreign, Policy(operation.permission))
    else:
        assert foreign.status_code == 404
        assert foreign.json["code"] == operation.part.resources[min(named)].missing


def test_of_every_resource_there_is_an_example() -> None:
    assert {name for part in PARTS for name in part.resources} == set(EXAMPLES) | NOT_HAD


def test_nothing_happened_to_the_strangers_things(scene: Scene) -> None:
    """Runs last: whatever was tried above changed nothing of theirs."""
    client = scene.stranger.client()
    found = client.get(f"/invoices/{scene.theirs['invoice_id']}").json
    assert (found["status"], found["archived"], found["metadata"]) == ("New", False, {})
    assert client.get(f"/webhooks/{scene.theirs['webhook_id']}").json["enabled"] is True
    assert client.get(f"/pull-payments/{scene.theirs['pull_payment_id']}").json["archived"] is False
    assert client.get(f"/payouts/{scene.theirs['payout_id']}").json["state"] == "AwaitingApproval"


def assert_missing(answer: TestResponse, policy: Policy) -> None:
    assert answer.status_code == 403, answer.text
    assert set(answer.json) == {"code", "message", "missingPermission"}
    assert (answer.json["code"], answer.json["missingPermission"]) == ("missing-permission", policy.value)
