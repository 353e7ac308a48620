"""API keys, accounts and the people of stores through the API (greenfield 3, 7 and 9)."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from app.domain.permissions import Role
from tests.contract.greenfield_client import (
    PASSWORD,
    PLUGIN,
    GreenfieldClient,
    Merchant,
    client_with,
    new_merchant,
)

MODIFY = "btcpay.store.canmodifystoresettings"
VIEW = "btcpay.store.canviewinvoices"


def basic(app: Flask, email: str) -> GreenfieldClient:
    encoded = base64.b64encode(f"{email}:{PASSWORD}".encode()).decode()
    return GreenfieldClient(app, {"Authorization": f"Basic {encoded}"})


def test_a_key_says_what_it_may_do(merchant: Merchant) -> None:
    client = merchant.plugin()
    answer = client.get("/api-keys/current")
    assert (answer.status_code, answer.content_type) == (200, "application/json; charset=utf-8")
    assert answer.json == {
        "apiKey": client.headers["Authorization"].removeprefix("token "),
        "label": "a key",
        "permissions": [f"{policy}:{merchant.store_id}" for policy in PLUGIN],
    }


def test_a_password_is_no_key(greenfield: Flask, merchant: Merchant) -> None:
    client = basic(greenfield, merchant.email)
    for method in ("GET", "DELETE"):
        answer = client.call(method, "/api-keys/current")
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "api-key-not-found")


def test_a_key_ends_itself(merchant: Merchant) -> None:
    client = merchant.plugin()
    answer: Any = client.delete("/api-keys/current")
    assert (answer.status_code, answer.json["label"]) == (200, "a key")
    gone: Any = client.get("/api-keys/current")
    assert (gone.status_code, gone.json["code"]) == (401, "unauthenticated")


def test_a_key_with_everything_makes_and_ends_keys(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    client = merchant.client("unrestricted")
    wanted = [f"{VIEW}:{merchant.store_id}", "btcpay.user.canviewprofile"]
    made: Any = client.post("/api-keys", {"label": "till", "permissions": wanted, "unknown": 1})
    assert made.status_code == 200
    assert (made.json["label"], made.json["permissions"], len(made.json["apiKey"])) == ("till", wanted, 40)
    new = client_with(greenfield, made.json["apiKey"])
    assert new.get("/users/me").status_code == 200
    assert stranger.client("unrestricted").delete(f"/api-keys/{made.json['apiKey']}").status_code == 404
    assert new.get("/users/me").status_code == 200, "a stranger ends nothing"
    assert client.delete(f"/api-keys/{made.json['apiKey']}").status_code == 200
    assert new.get("/users/me").status_code == 401
    again: Any = client.delete(f"/api-keys/{made.json['apiKey']}")
    assert (again.status_code, again.json["code"]) == (404, "api-key-not-found")


@pytest.mark.parametrize("body", [None, {}, {"label": None, "permissions": None}])
def test_a_key_may_be_made_without_any_permission(greenfield: Flask, merchant: Merchant, body: Any) -> None:
    made: Any = merchant.client("unrestricted").post("/api-keys", body)
    assert (made.status_code, made.json["permissions"], made.json["label"]) == (200, [], "")
    assert client_with(greenfield, made.json["apiKey"]).get("/users/me").status_code == 403


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"permissions": ["nonsense"]}, "Permissions[0]"),
        ({"permissions": [VIEW, 7]}, "Permissions[1]"),
        ({"permissions": ["btcpay.user.canviewprofile:S"]}, "Permissions[0]"),
        ({"permissions": "x"}, "Permissions"),
        ({"permissions": [VIEW] * 201}, "Permissions"),
        ({"label": "x" * 201}, "Label"),
        ({"label": {}}, "Label"),
    ],
)
def test_what_cannot_be_granted_is_named(merchant: Merchant, body: Any, path: str) -> None:
    answer: Any = merchant.client("unrestricted").post("/api-keys", body)
    assert (answer.status_code, answer.json[0]["path"]) == (422, path)


def test_nobody_makes_a_key_for_what_is_not_theirs(merchant: Merchant, stranger: Merchant) -> None:
    client = merchant.client("unrestricted")
    answers: list[Any] = [
        client.post("/api-keys", {"permissions": [permission]})
        for permission in (f"{VIEW}:{stranger.store_id}", f"{VIEW}:nothing", "btcpay.server.canmanageusers")
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(400, "generic-error")] * 3
    told = [answer.json["message"].replace(stranger.store_id, "nothing") for answer in answers]
    assert told[0] == told[1], "which stores there are is not said"


def test_making_keys_needs_everything(merchant: Merchant) -> None:
    for client in (merchant.plugin(), merchant.client(MODIFY), merchant.client("btcpay.user.canmodifyprofile")):
        answers: list[Any] = [client.post("/api-keys", {}), client.delete("/api-keys/x")]
        for answer in answers:
            assert (answer.status_code, answer.json["missingPermission"]) == (403, "unrestricted")


def test_who_manages_users_makes_and_ends_their_keys(greenfield: Flask, merchant: Merchant) -> None:
    admin = new_merchant(greenfield, "admin@shop.example", is_administrator=True)
    client = admin.client("btcpay.server.canmanageusers")
    for named in (merchant.email, merchant.user_id):
        made: Any = client.post(f"/users/{named}/api-keys", {"permissions": [f"{VIEW}:{merchant.store_id}"]})
        assert made.status_code == 200
        theirs = client_with(greenfield, made.json["apiKey"])
        assert theirs.get("/api-keys/current").status_code == 200
        assert client.delete(f"/users/{admin.email}/api-keys/{made.json['apiKey']}").status_code == 404
        assert client.delete(f"/users/{named}/api-keys/{made.json['apiKey']}").status_code == 200
        assert theirs.get("/api-keys/current").status_code == 401
    missing: Any = client.post("/users/nobody/api-keys", {})
    assert (missing.status_code, missing.json["code"]) == (404, "user-not-found")


def test_managing_users_is_no_way_to_more(greenfield: Flask, merchant: Merchant) -> None:
    admin = new_merchant(greenfield, "admin@shop.example", is_administrator=True)
    body = {"permissions": ["unrestricted"]}
    refused: Any = admin.client("btcpay.server.canmanageusers").post(f"/users/{admin.email}/api-keys", body)
    assert (refused.status_code, refused.json["code"]) == (403, "missing-permission")
    assert admin.client("unrestricted").post(f"/users/{admin.email}/api-keys", body).status_code == 200
    assert basic(greenfield, admin.email).post(f"/users/{admin.email}/api-keys", body).status_code == 200
    for client in (merchant.client("unrestricted"), merchant.client("btcpay.server.canmanageusers")):
        no_admin: Any = client.post(f"/users/{merchant.email}/api-keys", body)
        assert (no_admin.status_code, no_admin.json["missingPermission"]) == (403, "btcpay.server.canmanageusers")


@pytest.mark.parametrize("path", ["/users/me", "/users/current"])
def test_an_account_describes_itself(merchant: Merchant, path: str) -> None:
    answer: Any = merchant.client("btcpay.user.canviewprofile").get(path)
    assert answer.status_code == 200
    told = answer.json
    assert (told["id"], told["email"], told["disabled"], told["roles"]) == (merchant.user_id, merchant.email, False, [])
    assert isinstance(told["created"], int)
    assert "password" not in answer.text
    assert merchant.plugin().get(path).status_code == 403


def people(client: GreenfieldClient, store_id: str) -> dict[str, str]:
    answer: Any = client.get(f"/stores/{store_id}/users")
    assert answer.status_code == 200
    return {person["email"]: person["storeRole"] for person in answer.json}


def test_the_people_of_a_store_come_and_go(merchant: Merchant, stranger: Merchant) -> None:
    client, path = merchant.client(MODIFY), f"/stores/{merchant.store_id}/users"
    assert people(client, merchant.store_id) == {merchant.email: "Owner"}
    assert client.post(path, {"id": stranger.email, "storeRole": "guest"}).status_code == 200
    assert people(client, merchant.store_id) == {merchant.email: "Owner", stranger.email: "Guest"}
    twice: Any = client.post(path, {"userId": stranger.user_id, "role": "Owner"})
    assert (twice.status_code, twice.json["code"]) == (409, "duplicate-store-user-role")
    assert client.put(f"{path}/{stranger.email}", {"storeRole": "Manager"}).status_code == 200
    assert people(client, merchant.store_id)[stranger.email] == "Manager"
    assert stranger.client().get(f"/stores/{merchant.store_id}/users").status_code == 200
    assert client.delete(f"{path}/{stranger.user_id}").status_code == 200
    assert people(client, merchant.store_id) == {merchant.email: "Owner"}
    assert stranger.client().get(f"/stores/{merchant.store_id}/users").status_code == 403


def test_a_store_keeps_an_owner(merchant: Merchant, stranger: Merchant) -> None:
    client, path = merchant.client(MODIFY), f"/stores/{merchant.store_id}/users"
    client.post(path, {"id": stranger.email, "storeRole": "Manager"})
    answers: list[Any] = [
        client.delete(f"{path}/{merchant.email}"),
        client.put(f"{path}/{merchant.email}", {"storeRole": "Guest"}),
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(409, "store-user-role-orphaned")] * 2
    assert client.put(f"{path}/{merchant.email}", {"storeRole": "Owner"}).status_code == 200
    assert client.put(f"{path}/{stranger.email}", {"storeRole": "Owner"}).status_code == 200
    assert client.delete(f"{path}/{merchant.email}").status_code == 200


def test_two_owners_who_remove_each_other_leave_one(merchant: Merchant, stranger: Merchant) -> None:
    store_id = merchant.store_id
    path = f"/stores/{store_id}/users"
    merchant.client(MODIFY).post(path, {"id": stranger.email, "storeRole": "Owner"})
    pairs = [(merchant.client(MODIFY), stranger.email), (stranger.client(MODIFY), merchant.email)]
    with ThreadPoolExecutor(2) as both:
        statuses = list(both.map(lambda pair: pair[0].delete(f"{path}/{pair[1]}").status_code, pairs))
    assert statuses.count(200) == 1
    left = merchant if statuses[0] == 200 else stranger
    assert people(left.client(MODIFY), store_id) == {left.email: "Owner"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "Id"),
        ({"id": "x"}, "StoreRole"),
        ({"id": "x", "storeRole": "King"}, "StoreRole"),
        ({"id": [], "storeRole": "Guest"}, "Id"),
    ],
)
def test_who_is_not_named_cannot_be_added(merchant: Merchant, body: Any, path: str) -> None:
    answer: Any = merchant.client(MODIFY).post(f"/stores/{merchant.store_id}/users", body)
    assert (answer.status_code, answer.json[0]["path"]) == (422, path)


def test_who_is_not_there_is_not_found(merchant: Merchant, stranger: Merchant) -> None:
    client, path = merchant.client(MODIFY), f"/stores/{merchant.store_id}/users"
    answers: list[Any] = [
        client.post(path, {"id": "nobody@shop.example", "storeRole": "Guest"}),
        client.put(f"{path}/{stranger.email}", {"storeRole": "Guest"}),
        client.delete(f"{path}/{stranger.email}"),
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(404, "user-not-found")] * 3


def test_the_people_of_a_store_are_its_own_business(merchant: Merchant, stranger: Merchant) -> None:
    path = f"/stores/{merchant.store_id}"
    for client in (stranger.client(), merchant.client(VIEW), stranger.client(f"{MODIFY}:{merchant.store_id}")):
        assert client.get(f"{path}/users").status_code == 403
        assert client.get(f"{path}/roles").status_code == 403
        assert client.post(f"{path}/users", {"id": stranger.email, "storeRole": "Owner"}).status_code == 403
        assert client.delete(f"{path}/users/{merchant.email}").status_code == 403
    viewer = merchant.client("btcpay.store.canviewstoresettings")
    assert viewer.get(f"{path}/users").status_code == 200
    assert viewer.put(f"{path}/users/{merchant.email}", {"storeRole": "Owner"}).status_code == 403


def test_the_roles_are_listed_with_what_they_include(merchant: Merchant) -> None:
    answer: Any = merchant.client(MODIFY).get(f"/stores/{merchant.store_id}/roles")
    assert [each["id"] for each in answer.json] == [role.value for role in Role]
    assert answer.json[0]["permissions"] == [MODIFY]
