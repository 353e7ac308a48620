"""The shops that scenarios buy in: the stand-in read over REST, and a WooCommerce whose Store API takes the payment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from regtest.errors import RegtestError
from regtest.ports import free_port
from regtest.scenarios.keys import read_woo_key
from regtest.scenarios.shops import Bought, StandIn, is_stand_in
from regtest.scenarios.woo import WooKey, WooRest, WooShop, invoice_in
from regtest.shop.app import create_shop
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.orders import NewOrder
from regtest.shop.rest.keys import Keys
from regtest.shop.settings import ShopSettings
from regtest.shop.till import Till
from regtest.storefront import Storefront
from tests.serving import serving

SOLD = NewOrder(item="Mug", total="12.34", currency="EUR", overrides={}, gateway="btcpaygf_default", status="pending")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """The till of a stand-in shop that listens."""
    settings = ShopSettings(port=free_port(), server="http://127.0.0.1:9", state_dir=tmp_path)
    till = Till(settings)
    plugin = GreenfieldPlugin(settings, till.orders, till.inbox, till.clock.now)
    with serving(make_server("127.0.0.1", settings.port, create_shop(till, plugin), threaded=True)):
        yield till


def rest(till: Till, permissions: str = "read_write") -> WooRest:
    key = Keys(till.database, till.settings.url, till.clock.now).add(permissions)
    return WooRest(till.settings.url, WooKey(key.consumer_key, key.consumer_secret))


def test_the_stand_in_is_recognised_and_its_orders_are_read_with_a_signed_request(till: Till) -> None:
    url = till.settings.url
    assert is_stand_in(url)
    order = till.orders.place(SOLD)
    till.orders.move(order.id, "on-hold", "Seen.")
    shop = StandIn(Storefront(url), "greenfield", rest(till))
    seen = shop.look(str(order.id))
    assert seen.status == "on-hold"
    assert any("Seen." in note for note in seen.notes)
    assert shop.look("999999").status == "deleted"
    assert StandIn(Storefront(url)).look("999999").status == "deleted", "without a key, too"
    assert StandIn(Storefront(url)).look(str(order.id)).status == "on-hold"


def test_a_key_that_the_shop_does_not_know_is_told(till: Till) -> None:
    stranger = WooRest(till.settings.url, WooKey("ck_" + "0" * 40, "cs_" + "0" * 40))
    with pytest.raises(RegtestError, match="answered 401 to GET"):
        stranger.look("1")


@dataclass
class RealShop:
    """What a scenario needs of WooCommerce's two APIs, with a gateway that makes invoices."""

    url: str = ""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    payment: dict[str, str] = field(default_factory=dict)

    def app(self) -> Flask:
        app = Flask("real")

        @app.get("/health")
        def nothing() -> ResponseReturnValue:
            return "<h1>Page not found</h1>", 404

        @app.post("/wp-json/wc/v3/orders")
        def create() -> ResponseReturnValue:
            self.asked.append(("order", request.get_json()))
            return jsonify(id=31, order_key="wc_order_x", status="pending"), 201

        @app.get("/wp-json/wc/store/v1/cart")
        def cart() -> ResponseReturnValue:
            return jsonify(items=[]), 200, {"Nonce": "abc", "Cart-Token": "t.o.k"}

        @app.post("/wp-json/wc/store/v1/checkout/31")
        def checkout() -> ResponseReturnValue:
            if request.headers.get("Nonce") != "abc":
                return jsonify(code="woocommerce_rest_missing_nonce"), 401
            self.asked.append(("checkout", request.get_json()))
            return jsonify(order_id=31, payment_result=self.payment)

        return app


@pytest.fixture
def real() -> Iterator[RealShop]:
    shop, port = RealShop(), free_port()
    shop.url = f"http://127.0.0.1:{port}"
    shop.payment = {"payment_status": "success", "redirect_url": "https://pay.example/i/Abc123"}
    with serving(make_server("127.0.0.1", port, shop.app(), threaded=True)):
        yield shop


def bought(real: RealShop) -> Bought:
    return WooShop(WooRest(real.url, WooKey("ck_a", "cs_b")), "greenfield").buy("10.00", "EUR")


def test_a_real_shop_is_bought_in_by_an_order_over_rest_that_the_store_api_pays(real: RealShop) -> None:
    assert not is_stand_in(real.url)
    assert bought(real) == Bought("31", "Abc123")
    (_, order), (_, checkout) = real.asked
    assert (order["status"], order["payment_method"], order["currency"]) == ("pending", "btcpaygf_default", "EUR")
    assert order["fee_lines"][0]["total"] == "10.00"
    assert (checkout["key"], checkout["payment_method"]) == ("wc_order_x", "btcpaygf_default")


def test_a_plugin_that_makes_no_invoice_is_told_with_its_answer(real: RealShop) -> None:
    real.payment = {"payment_status": "failure", "redirect_url": ""}
    with pytest.raises(RegtestError, match=r"made no invoice for order 31: .*failure"):
        bought(real)
    real.payment = {"payment_status": "success", "redirect_url": "https://shop.example/thanks"}
    with pytest.raises(RegtestError, match="is no checkout page"):
        bought(real)


def test_both_forms_of_the_checkout_address_name_their_invoice() -> None:
    assert invoice_in("https://pay.example/i/Abc123?lang=de") == "Abc123"
    assert invoice_in("https://pay.example/btc/invoice?id=Abc123") == "Abc123"


def test_a_shop_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RegtestError, match="does not answer"):
        is_stand_in(f"http://127.0.0.1:{free_port()}")
    file = tmp_path / "woo"
    file.write_text("cs_b\nck_a\n")
    with pytest.raises(RegtestError, match="consumer key"):
        read_woo_key(file)
    file.write_text("ck_a\ncs_b\n")
    assert read_woo_key(file) == WooKey("ck_a", "cs_b")
    assert "cs_b" not in repr(read_woo_key(file))
