"""The stand-in shop connects itself as the Greenfield plugin does: by the wizard, or by the settings form."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from stub_greenfield import KEY, PERMISSIONS, STORE, GreenfieldShop, greenfield_shop

from regtest.shop.greenfield.permissions import REQUIRED

CALLBACK = "/?btcpay-settings-callback"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[GreenfieldShop]:
    with greenfield_shop(tmp_path) as running:
        yield running


def wizard(shop: GreenfieldShop, permissions: list[str] = PERMISSIONS, key: str = KEY) -> int:
    """The whole way: the shop's button, then the server's form. Returns the status of the answer to that."""
    begun = shop.post("/settings/wizard", data={"server": f"{shop.stub.url}/"})
    assert begun.status_code == 303
    form = [("apiKey", key), ("userId", "somebody"), *(("permissions[]", each) for each in permissions)]
    return shop.post(CALLBACK, data=form).status_code


def test_the_wizard_asks_for_exactly_what_the_plugin_asks_for(shop: GreenfieldShop) -> None:
    location = shop.post("/settings/wizard", data={"server": shop.stub.url}).headers["Location"]
    assert location.startswith(f"{shop.stub.url}/api-keys/authorize?")
    assert parse_qsl(urlsplit(location).query) == [
        ("permissions", "btcpay.store.canviewinvoices"),
        ("permissions", "btcpay.store.cancreateinvoice"),
        ("permissions", "btcpay.store.canviewstoresettings"),
        ("permissions", "btcpay.store.canmodifyinvoices"),
        ("permissions", "btcpay.store.cancreatenonapprovedpullpayments"),
        ("permissions", "btcpay.store.webhooks.canmodifywebhooks"),
        ("applicationName", "WooCommerce"),
        ("strict", "true"),
        ("selectiveStores", "true"),
        ("redirect", f"{shop.url}{CALLBACK}"),
    ]
    assert shop.stub.seen == [], "the server itself is not asked anything yet"


def test_a_key_from_the_wizard_connects_the_shop_and_registers_a_webhook(shop: GreenfieldShop) -> None:
    assert wizard(shop) == 303
    assert shop.stub.calls() == ["GET /stores", "POST webhooks"]
    found = shop.connection()
    assert (found["connected"], found["store_id"], found["webhook_id"]) == (True, STORE, "Webhook1")
    assert found["protect"] is False, "only saving the form switches it on"
    assert shop.plugin.settings.webhook_secret == "secret1"
    file = shop.till.settings.state_dir / "greenfield.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_wizard_registers_another_webhook(shop: GreenfieldShop) -> None:
    wizard(shop)
    wizard(shop)
    assert shop.connection()["webhook_id"] == "Webhook2"


@pytest.mark.parametrize(
    "permissions",
    [
        [],
        [*PERMISSIONS, "btcpay.store.canmodifystoresettings:AStore"],
        [f"{name}:AStore" for name in REQUIRED[1:]],
        [*PERMISSIONS[:-1], "btcpay.store.webhooks.canmodifywebhooks:Another"],
        [permission.partition(":")[0] for permission in PERMISSIONS],
        ["unrestricted"],
        ["unrestricted:AStore"],
    ],
)
def test_a_key_for_anything_else_than_was_asked_is_refused(shop: GreenfieldShop, permissions: list[str]) -> None:
    assert wizard(shop, permissions) == 303
    assert shop.connection()["connected"] is False
    assert "nothing was changed" in shop.connection()["notices"][0]
    assert shop.stub.calls() == ["GET /stores"]


def test_the_two_optional_permissions_may_be_missing(shop: GreenfieldShop) -> None:
    wizard(shop, [f"{name}:AStore" for name in REQUIRED])
    assert shop.connection()["connected"] is True
    assert shop.stub.calls() == ["GET /stores"], "no webhook without the permission to make one"


def test_a_key_of_another_server_ends_in_an_error_page(shop: GreenfieldShop) -> None:
    assert wizard(shop, key="f" * 40) == 502
    assert shop.connection()["connected"] is False


def test_a_key_without_a_store_changes_nothing(shop: GreenfieldShop) -> None:
    shop.stub.stores = []
    wizard(shop)
    assert shop.connection()["connected"] is False


def test_what_cannot_be_in_a_key_is_removed_silently(shop: GreenfieldShop) -> None:
    wizard(shop, key=f"{KEY[:20]} .{KEY[20:]}\n")
    assert shop.plugin.settings.api_key == KEY


def test_only_a_new_key_is_taken_at_the_front_page(shop: GreenfieldShop) -> None:
    assert shop.post("/", data={"apiKey": KEY}).status_code == 400
    assert shop.post(CALLBACK, data={"apiKey": KEY}).status_code == 502, "there is no server yet to ask about it"


# The settings form


def test_the_first_save_checks_the_key_and_registers_a_webhook(shop: GreenfieldShop) -> None:
    found = shop.connect()
    assert shop.stub.calls() == ["GET /api-keys/current", "POST webhooks", "GET payment-methods"]
    assert (found["connected"], found["protect"], found["webhook_id"]) == (True, True, "Webhook1")


def test_a_later_save_asks_about_the_server_and_keeps_the_webhook(shop: GreenfieldShop) -> None:
    shop.connect()
    before = len(shop.stub.seen)
    shop.connect(modal=True)
    assert shop.stub.calls(before) == [
        "GET /api-keys/current",
        "GET /server/info",
        "GET webhooks/Webhook1",
        "GET payment-methods",
    ]
    assert shop.connection()["modal"] is True


def test_a_webhook_that_the_server_lost_is_registered_again(shop: GreenfieldShop) -> None:
    shop.connect()
    shop.stub.webhooks.clear()
    assert shop.connect()["webhook_id"] == "Webhook1"
    assert shop.stub.calls()[-2:] == ["POST webhooks", "GET payment-methods"]
    shop.stub.webhooks["Webhook1"]["url"] = f"{shop.url}/elsewhere"
    assert shop.connect()["webhook_id"] == "Webhook2"


def test_a_typed_secret_makes_no_calls_about_webhooks(shop: GreenfieldShop) -> None:
    assert shop.connect(webhook_secret="typed")["webhook_id"] == "manual"
    assert "POST webhooks" not in shop.stub.calls()
    assert shop.plugin.settings.webhook_secret == "typed"


@pytest.mark.parametrize("status", [201, 204, 301, 403, 500])
def test_a_webhook_is_made_only_by_exactly_200(shop: GreenfieldShop, status: int) -> None:
    shop.stub.refuses["POST /stores/AStore/webhooks"] = status
    found = shop.connect()
    assert found["webhook_id"] == ""
    assert any("No webhook could be registered" in notice for notice in found["notices"])


def test_a_server_that_hides_its_version_ends_the_check_before_the_webhook(shop: GreenfieldShop) -> None:
    shop.connect()
    shop.stub.webhooks.clear()
    shop.stub.info = {"fullySynched": True}
    assert any("which version" in notice for notice in shop.connect()["notices"])
    assert shop.stub.webhooks == {}


@pytest.mark.parametrize(("synched", "warned"), [(True, False), (False, True), (None, True), ("true", True)])
def test_a_node_that_is_catching_up_is_only_warned_about(shop: GreenfieldShop, synched: Any, warned: bool) -> None:
    shop.connect()
    shop.stub.info = {"version": "2.3.1", "fullySynched": synched}
    found = shop.connect()
    assert any("catching up" in notice for notice in found["notices"]) is warned
    assert found["connected"] is True


def test_a_key_that_cannot_be_checked_is_kept_and_told(shop: GreenfieldShop) -> None:
    found = shop.connect(api_key="f" * 40)
    assert "401" in found["notices"][0]
    assert found["webhook_id"] == ""


def test_no_answer_of_the_shop_tells_a_secret(shop: GreenfieldShop) -> None:
    shop.connect()
    for path in ("/api/greenfield", "/settings", "/health"):
        text = shop.get(path).text
        assert KEY not in text
        assert "secret1" not in text
