"""What a store is paid by: list, keys, previews, and nothing private ever."""

from typing import Any

import pytest
from flask import Flask

from app.db.models import Wallet, db
from app.domain.permissions import Policy
from tests.account_keys import TPUB49, WIF, XPRV, fresh_key, relabelled
from tests.contract.greenfield_client import GreenfieldClient, Merchant

SEED = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"


@pytest.fixture
def owner(merchant: Merchant) -> GreenfieldClient:
    return merchant.client()


@pytest.fixture
def methods(merchant: Merchant) -> str:
    return f"/stores/{merchant.store_id}/payment-methods"


@pytest.fixture
def bare(owner: GreenfieldClient) -> str:
    """The payment methods of a store that has no wallet."""
    made = owner.post("/stores", {"name": "a new shop"}).json
    assert made
    return f"/stores/{made['id']}/payment-methods"


def test_the_list_is_an_array_of_what_has_a_wallet(merchant: Merchant, methods: str, bare: str) -> None:
    plugin = merchant.plugin()
    assert plugin.get(methods).json == [{"paymentMethodId": "BTC-CHAIN", "enabled": True}]
    owner = merchant.client()
    assert owner.get(bare).json == []
    assert owner.put(f"{methods}/BTC-CHAIN", {"enabled": False}).json["enabled"] is False  # type: ignore[index]
    assert plugin.get(methods).json == [{"paymentMethodId": "BTC-CHAIN", "enabled": False}]
    assert plugin.get(methods, onlyEnabled="true").json == []
    assert plugin.get(methods, onlyEnabled="false").json == [{"paymentMethodId": "BTC-CHAIN", "enabled": False}]


def test_a_method_is_found_in_every_spelling(owner: GreenfieldClient, methods: str) -> None:
    for spelling in ("BTC-CHAIN", "BTC_CHAIN", "BTC", "btc-onchain", "BTC_BTCLike"):
        assert owner.get(f"{methods}/{spelling}").json == {"paymentMethodId": "BTC-CHAIN", "enabled": True}


def test_a_method_that_there_is_not_is_not_found(owner: GreenfieldClient, methods: str) -> None:
    for unknown in ("BTC-LN", "BTC-LNURL", "LTC-CHAIN", "nonsense", "BTC-CHAIN-1"):
        for answer in (
            owner.get(f"{methods}/{unknown}"),
            owner.put(f"{methods}/{unknown}", {"enabled": True}),
            owner.delete(f"{methods}/{unknown}"),
            owner.get(f"{methods}/{unknown}/wallet/preview"),
        ):
            assert (answer.status_code, (answer.json or {})["code"]) == (404, "paymentmethod-not-found")


def test_a_store_without_a_wallet_has_no_method(owner: GreenfieldClient, bare: str) -> None:
    assert owner.get(f"{bare}/BTC-CHAIN").status_code == 404
    assert owner.delete(f"{bare}/BTC-CHAIN").status_code == 404
    preview = owner.get(f"{bare}/BTC-CHAIN/wallet/preview")
    assert (preview.status_code, (preview.json or {})["code"]) == (404, "paymentmethod-not-configured")
    enabled = owner.put(f"{bare}/BTC-CHAIN", {"enabled": True})
    assert (enabled.status_code, (enabled.json or [{}])[0]["path"]) == (422, "Config")


def test_the_key_is_shown_to_those_who_may_change_it_only(merchant: Merchant, methods: str) -> None:
    for path in (methods, f"{methods}/BTC-CHAIN"):
        refused = merchant.plugin().get(path, includeConfig="true")
        assert (refused.status_code, (refused.json or {})["missingPermission"]) == (403, Policy.MODIFY_STORE)
    shown = merchant.client().get(f"{methods}/BTC-CHAIN", includeConfig="true").json
    assert shown
    assert shown["config"]["derivationScheme"].startswith("sh(wpkh(tpub") or shown["config"][
        "derivationScheme"
    ].startswith("wpkh(tpub")
    (listed,) = merchant.client().get(methods, includeConfig="true").json or []
    assert listed == shown


@pytest.mark.parametrize(
    "config",
    [
        TPUB49,
        f"{TPUB49}-[legacy]",
        f"tr({TPUB49}/0/*)",
        {"derivationScheme": TPUB49, "label": "Kasse ☕", "accountKeyPath": "abcd82a1/84'/1'/0'"},
        {"accountDerivation": TPUB49, "accountOriginal": None, "signingKey": TPUB49, "isHotWallet": False},
    ],
)
def test_a_key_is_given_in_any_form_and_comes_back(owner: GreenfieldClient, bare: str, config: Any) -> None:
    given = owner.put(f"{bare}/BTC-CHAIN", {"enabled": True, "config": config})
    assert given.status_code == 200, given.text
    shown = owner.get(f"{bare}/BTC-CHAIN", includeConfig="true").json
    assert shown == given.json
    assert shown
    fields = config if isinstance(config, dict) else {"derivationScheme": config}
    assert shown["config"] == {
        "derivationScheme": fields.get("derivationScheme") or fields["accountDerivation"],
        "label": fields.get("label"),
        "accountKeyPath": fields.get("accountKeyPath"),
    }
    assert owner.put(f"{bare}/BTC-CHAIN", shown).json == shown


def test_what_is_not_given_stays(owner: GreenfieldClient, bare: str) -> None:
    first = {"enabled": False, "config": {"derivationScheme": TPUB49, "label": "till"}}
    assert owner.put(f"{bare}/BTC-CHAIN", first).json["enabled"] is False  # type: ignore[index]
    relabelled_only = owner.put(f"{bare}/BTC-CHAIN", {"config": {"label": "drawer"}}).json
    assert relabelled_only
    assert relabelled_only["enabled"] is False
    assert relabelled_only["config"] == {"derivationScheme": TPUB49, "label": "drawer", "accountKeyPath": None}
    other = fresh_key()
    assert owner.put(f"{bare}/BTC-CHAIN", {"enabled": None, "config": other}).json["enabled"] is False  # type: ignore[index]
    assert owner.put(f"{bare}/BTC-CHAIN", {"enabled": True, "config": None}).json["config"]["derivationScheme"] == other  # type: ignore[index]


def test_private_material_is_refused_with_the_reason_and_not_repeated(
    owner: GreenfieldClient, methods: str, bare: str
) -> None:
    for secret in (XPRV, WIF, SEED, f"wpkh({XPRV}/0/*)"):
        wrapped = {"derivationScheme": secret}
        for answer in (
            owner.put(f"{bare}/BTC-CHAIN", {"enabled": True, "config": secret}),
            owner.put(f"{bare}/BTC-CHAIN", {"enabled": True, "config": wrapped}),
            owner.post(f"{bare}/BTC-CHAIN/wallet/preview", wrapped),
            owner.post(f"{methods}/BTC-CHAIN/wallet/preview", {"config": secret}),
        ):
            assert answer.status_code == 422
            assert "never holds keys that can spend" in answer.text
            assert secret[:20] not in answer.text
    assert owner.get(bare).json == []


def nested(depth: int) -> dict[str, Any]:
    """A key that stands deep in a configuration."""
    config: dict[str, Any] = {"derivationScheme": TPUB49}
    for _ in range(depth):
        config = {"config": config}
    return config


UNUSABLE: list[Any] = [
    {"derivationScheme": TPUB49, "isHotWallet": True},
    {"derivationScheme": TPUB49, "seed": SEED},
    {"existingMnemonic": SEED},
    {"derivationScheme": relabelled(TPUB49, "xpub")},
    {"derivationScheme": TPUB49[:-1]},
    {"derivationScheme": TPUB49, "accountKeyPath": "m/84"},
    {"derivationScheme": 7},
    {"derivationScheme": "x" * 9000},
    {"derivationScheme": {"derivationScheme": [1]}},
    "",
    "nonsense",
    nested(500),
    7,
    [TPUB49],
    True,
]


def test_what_is_no_usable_key_is_refused(owner: GreenfieldClient, bare: str) -> None:
    for config in UNUSABLE:
        refused = owner.put(f"{bare}/BTC-CHAIN", {"config": config})
        assert (refused.status_code, (refused.json or [{}])[0]["path"]) == (422, "Config"), (config, refused.text)
        assert SEED not in refused.text
    assert owner.get(bare).json == []


def test_a_removed_method_keeps_the_wallet_and_its_counter(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient, methods: str
) -> None:
    invoices = f"/stores/{merchant.store_id}/invoices"
    order = {"amount": "10", "currency": "EUR"}
    config = owner.get(f"{methods}/BTC-CHAIN", includeConfig="true").json
    assert config
    assert owner.post(invoices, order).status_code == 200
    removed = owner.delete(f"{methods}/BTC-CHAIN")
    assert (removed.status_code, removed.data) == (200, b"")
    assert owner.post(invoices, order).status_code == 400
    assert owner.put(f"{methods}/BTC-CHAIN", config).status_code == 200
    assert owner.post(invoices, order).status_code == 200
    with greenfield.app_context():
        assert db.session.query(Wallet.next_index).all() == [(2,)]


def test_a_preview_has_exactly_count_addresses_from_offset_on(owner: GreenfieldClient, methods: str) -> None:
    for offset, count in ((0, 10), (0, 1), (5, 3), (7, 7), (100, 2), (0, 0)):
        shown = owner.get(f"{methods}/BTC-CHAIN/wallet/preview", offset=str(offset), count=str(count)).json
        assert shown
        assert [entry["keyPath"] for entry in shown["addresses"]] == [f"0/{n}" for n in range(offset, offset + count)]
        assert len({entry["address"] for entry in shown["addresses"]}) == count


def test_a_preview_shows_the_addresses_that_invoices_get(
    merchant: Merchant, owner: GreenfieldClient, methods: str
) -> None:
    shown = owner.get(f"{methods}/BTC-CHAIN/wallet/preview").json
    assert shown
    assert len(shown["addresses"]) == 10
    made = owner.post(f"/stores/{merchant.store_id}/invoices", {"amount": "10", "currency": "EUR"}).json
    assert made
    (prompt,) = owner.get(f"/stores/{merchant.store_id}/invoices/{made['id']}/payment-methods").json or []
    assert prompt["destination"] == shown["addresses"][0]["address"]


def test_a_proposed_key_is_previewed_and_not_kept(greenfield: Flask, owner: GreenfieldClient, bare: str) -> None:
    preview = f"{bare}/BTC-CHAIN/wallet/preview"
    bodies: list[dict[str, Any]] = [
        {"derivationScheme": TPUB49},
        {"config": TPUB49},
        {"config": {"derivationScheme": TPUB49}},
    ]
    shown = [owner.call("POST", preview, body, query_string={"offset": 2, "count": 2}).json for body in bodies]
    assert shown[0]
    assert [entry["keyPath"] for entry in shown[0]["addresses"]] == ["0/2", "0/3"]
    assert shown[1] == shown[2] == shown[0]
    assert owner.get(bare).json == []
    with greenfield.app_context():
        assert db.session.query(Wallet).count() == 1
    assert owner.post(preview, {}).status_code == 422
    assert owner.post(preview, {"derivationScheme": "nonsense"}).status_code == 422


def test_a_preview_beyond_all_reason_is_refused(owner: GreenfieldClient, methods: str) -> None:
    for name, value in (("count", "1001"), ("count", "-1"), ("offset", "x"), ("offset", "99999999999")):
        refused = owner.get(f"{methods}/BTC-CHAIN/wallet/preview", **{name: value})
        assert (refused.status_code, (refused.json or [{}])[0]["path"]) == (422, name)


def test_previews_have_permissions_of_their_own(merchant: Merchant, methods: str) -> None:
    preview = f"{methods}/BTC-CHAIN/wallet/preview"
    store = merchant.store_id
    viewer, keeper = merchant.client(f"{Policy.VIEW_WALLET}:{store}"), merchant.client(f"{Policy.MODIFY_STORE}:{store}")
    assert viewer.get(preview).status_code == 200
    assert viewer.post(preview, {"derivationScheme": TPUB49}).status_code == 403
    assert keeper.post(preview, {"derivationScheme": TPUB49}).status_code == 200
    assert merchant.plugin().get(preview).status_code == 403


def test_no_wallet_is_made_here(owner: GreenfieldClient, methods: str) -> None:
    refused = owner.post(f"{methods}/BTC-CHAIN/wallet/generate", {"wordCount": 12, "savePrivateKeys": True})
    assert (refused.status_code, (refused.json or {})["code"]) == (400, "not-available")
    assert "holds no keys" in refused.text
