"""The whole wizard with the stand-in shop: its link, the consent here, its callback, its calls with the key."""

from pathlib import Path
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from regtest.ports import free_port
from regtest.shop.app import create_shop
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.settings import ShopSettings
from regtest.shop.till import Till
from tests.contract.conftest import Server
from tests.contract.greenfield_client import Merchant, new_merchant
from tests.contract.visitor import Visitor, forms, signed_in


def opened_shop(directory: Path, server: Server) -> tuple[GreenfieldPlugin, FlaskClient]:
    till = Till(ShopSettings(port=free_port(), server=server.url, state_dir=directory / "shop"))
    plugin = GreenfieldPlugin(till.settings, till.orders, till.inbox, till.clock.now)
    return plugin, create_shop(till, plugin).test_client()


def go_through(shop: FlaskClient, visitor: Visitor, server: Server, merchant: Merchant) -> int:
    """From the button in the shop to the form that comes back; the status of the shop's answer to it."""
    link = urlsplit(shop.post("/settings/wizard", data={"server": server.url}).location)
    consented = visitor.send(f"{link.path}?{link.query}", store=merchant.store_id)
    (form,) = forms(consented)
    back = urlsplit(form.action)
    return shop.post(f"{back.path}?{back.query}", data=form.fields).status_code


def test_the_shop_is_connected_and_sells(tmp_path: Path, server: Server) -> None:
    merchant = new_merchant(server.app)
    merchant.store_id = merchant.store()
    plugin, shop = opened_shop(tmp_path, server)
    visitor = signed_in(server.app)
    assert go_through(shop, visitor, server, merchant) == 303
    found = plugin.settings
    assert (found.store_id, found.server) == (merchant.store_id, server.url), plugin.notices
    assert found.webhook_id
    assert found.webhook_secret
    order = shop.post("/api/orders", json={"price": "12.34", "currency": "EUR", "payment_method": "btcpaygf_default"})
    assert order.status_code == 200, order.text
    assert order.json is not None
    page = visitor.get(f"/admin/invoices/{order.json['invoice_id']}")
    assert "12.34 EUR" in page.text
    assert "<dd>never</dd>" not in visitor.get("/api-keys").text


def test_going_through_it_again_leaves_one_webhook_that_speaks(tmp_path: Path, server: Server) -> None:
    merchant = new_merchant(server.app)
    merchant.store_id = merchant.store()
    plugin, shop = opened_shop(tmp_path, server)
    visitor = signed_in(server.app)
    go_through(shop, visitor, server, merchant)
    first = plugin.settings
    go_through(shop, visitor, server, merchant)
    second = plugin.settings
    assert first.webhook_id != second.webhook_id
    assert first.api_key != second.api_key, "without an applicationIdentifier nothing is renewed"
    listed = merchant.client().get(f"/stores/{merchant.store_id}/webhooks").json
    assert listed is not None
    assert [each["id"] for each in listed if each["enabled"]] == [second.webhook_id]
