"""The bridge's REST client and the stand-in shop understand each other, in good days and in bad ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from stub_greenfield import GreenfieldShop, greenfield_shop

from app.domain.shop_order import OrderGone, ShopOrder
from app.notify import Door
from regtest.shop.options import Options
from regtest.storefront import ApiKey, Storefront
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.discover import discover
from woo_bridge.rest.find_auth import find_auth, require_write
from woo_bridge.rest.line import Line
from woo_bridge.rest.read_facts import read_facts
from woo_bridge.rest.shop import Shop

LINE = Line(Door(allow_private=True).adapter, total_seconds=10)
HASTY = Line(Door(allow_private=True).adapter, total_seconds=0.5)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GreenfieldShop]:
    with greenfield_shop(tmp_path_factory.mktemp("shop")) as started:
        started.connect(protect=True)
        yield started


@pytest.fixture
def shop(running: GreenfieldShop) -> Iterator[Storefront]:
    front = Storefront(running.url)
    yield front
    front.come_up()
    running.till.options.change(vars(Options()))


def client(shop: Storefront, key: ApiKey | None = None, line: Line = LINE, auth: Auth = Auth.OAUTH_HTTP) -> Shop:
    used = key or shop.new_key()
    address = ShopAddress(f"{shop.url}/wp-json/", auth)
    return Shop(address, ShopKey(used.consumer_key, used.consumer_secret), line, now)


def bought(shop: Storefront) -> int:
    return int(shop.order("12.34", payment_method="btcpaygf_default").order_id)


def test_the_api_is_found_and_the_key_is_let_in(shop: Storefront) -> None:
    root = discover(LINE, shop.url)
    assert (root.root_url, root.plain_permalinks, root.has_woocommerce) == (f"{shop.url}/wp-json/", False, True)
    key = shop.new_key()
    pasted = ShopKey(key.consumer_key, key.consumer_secret)
    assert find_auth(LINE, root, pasted, now).auth is Auth.OAUTH_HTTP
    shop.woo(https=True)
    assert find_auth(LINE, root, pasted, now).auth is Auth.OAUTH_HTTPS


def test_a_host_that_takes_the_key_out_of_requests_is_told_from_a_wrong_key(shop: Storefront) -> None:
    shop.woo(https=False)
    root, key = discover(LINE, shop.url), shop.new_key()
    shop.fail_rest("no_https")
    with pytest.raises(ShopTrouble) as caught:
        find_auth(LINE, root, ShopKey(key.consumer_key, key.consumer_secret), now)
    assert (caught.value.kind, "CGIPassAuth" in caught.value.remedy) == (TroubleKind.BLOCKED, True)
    shop.fail_rest("ok")
    with pytest.raises(ShopTrouble, match="Consumer key is invalid") as caught:
        find_auth(LINE, root, ShopKey("ck_" + "0" * 40, key.consumer_secret), now)
    assert caught.value.kind is TroubleKind.KEY_REFUSED


def test_the_api_is_found_with_plain_permalinks_and_behind_a_security_plugin(shop: Storefront) -> None:
    shop.woo(plain_permalinks=True)
    root = discover(LINE, shop.url)
    assert root.plain_permalinks
    key = shop.new_key()
    assert find_auth(LINE, root, ShopKey(key.consumer_key, key.consumer_secret), now).auth is Auth.OAUTH_HTTP
    shop.woo(plain_permalinks=False, rest_for_members=True)
    assert discover(LINE, shop.url).has_woocommerce is None


def test_a_shop_may_live_in_a_sub_directory(shop: Storefront) -> None:
    home = f"{shop.url}/our/shop"
    shop.woo(home=home)
    root = discover(LINE, home)
    assert root.root_url == f"{home}/wp-json/"
    key, order_id = shop.new_key(), bought(shop)
    pasted = ShopKey(key.consumer_key, key.consumer_secret)
    assert find_auth(LINE, root, pasted, now).auth is Auth.OAUTH_HTTP
    address = ShopAddress(root.root_url, Auth.OAUTH_HTTP, named_root_url=root.named_root_url)
    assert isinstance(Shop(address, pasted, LINE, now).order(order_id), ShopOrder)


def test_a_site_that_knows_itself_by_another_name_is_signed_for_by_that(shop: Storefront) -> None:
    shop.woo(home="http://inner.example:8080")
    root = discover(LINE, shop.url)
    assert (root.root_url, root.named_root_url) == (f"{shop.url}/wp-json/", "http://inner.example:8080/wp-json/")
    key = shop.new_key()
    assert find_auth(LINE, root, ShopKey(key.consumer_key, key.consumer_secret), now).auth is Auth.OAUTH_HTTP


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ({"permissions": "read"}, TroubleKind.WRITE_REFUSED),
        ({"role": "subscriber"}, TroubleKind.ROLE_TOO_WEAK),
    ],
)
def test_a_key_that_may_not_write_is_told_from_one_that_may(
    shop: Storefront, key: dict[str, str], kind: TroubleKind
) -> None:
    require_write(client(shop))
    require_write(client(shop, shop.new_key(role="shop_manager")))
    with pytest.raises(ShopTrouble) as caught:
        require_write(client(shop, shop.new_key(**key)))
    assert caught.value.kind is kind


def test_an_order_of_the_plugin_is_read_written_and_noted(shop: Storefront) -> None:
    order_id, rest = bought(shop), client(shop)
    read = rest.order(order_id)
    assert isinstance(read, ShopOrder)
    assert (read.status, read.total, read.needs_payment) == ("pending", Decimal("12.34"), True)
    assert read.plugin_invoice_id == shop.look(str(order_id))["invoice_id"]
    paid = rest.put_order(order_id, {"set_paid": True, "transaction_id": "inv"})
    assert isinstance(paid, ShopOrder)
    assert (paid.status, paid.transaction_id, paid.date_paid is None) == ("processing", "inv", False)
    note_id = rest.add_note(order_id, "a word")
    assert [note.text for note in rest.notes(order_id) if note.id == note_id] == ["a word"]
    shop.deed(str(order_id), "cancel_by_person")
    assert "admin" in {note.author for note in rest.notes(order_id)}


def test_an_order_that_was_deleted_is_gone(shop: Storefront) -> None:
    order_id, rest = bought(shop), client(shop)
    shop.deed(str(order_id), "delete")
    assert rest.order(order_id) == OrderGone(order_id)
    assert rest.put_order(order_id, {"status": "processing"}) == OrderGone(order_id)
    assert rest.notes(order_id) == []


def test_changes_are_listed_whatever_the_shops_time_zone_is(shop: Storefront) -> None:
    shop.woo(timezone="America/New_York")
    before, order_id, rest = now() - timedelta(seconds=2), bought(shop), client(shop)
    assert order_id in {order.id for order in rest.orders_modified_after(before).orders}
    assert [order.id for order in rest.orders([order_id, 999_999])] == [order_id]
    assert order_id not in {order.id for order in rest.orders_modified_after(now() + timedelta(seconds=2)).orders}


def test_the_settings_and_the_stock_are_read(shop: Storefront) -> None:
    shop.woo(hold_stock_minutes="60", wp_cron=False)
    rest = client(shop)
    facts = read_facts(rest)
    assert (facts.currency, facts.decimals, facts.hold_stock_minutes, facts.wp_cron) == ("EUR", 2, 60, False)
    assert facts.gateways["btcpaygf_default"] is True
    assert facts.plugins["btcpay-greenfield-for-woocommerce"] == "2.8.0"
    shop.set_stock("mug", 3)
    (mug,) = rest.stocks([12, 9999])
    assert (mug.quantity, mug.sells_on) == (Decimal(3), False)


BAD_DAYS = {
    "down": TroubleKind.CUT_OFF,
    "maintenance": TroubleKind.MAINTENANCE,
    "fatal": TroubleKind.SERVER_ERROR,
    "database": TroubleKind.SERVER_ERROR,
    "forbidden": TroubleKind.BLOCKED,
    "cloudflare": TroubleKind.BLOCKED,
    "wordfence": TroubleKind.BLOCKED,
    "modsecurity": TroubleKind.BLOCKED,
    "busy": TroubleKind.TOO_OFTEN,
    "html": TroubleKind.HTML,
    "bad_json": TroubleKind.BAD_JSON,
    "huge": TroubleKind.BAD_JSON,
    "no_routes": TroubleKind.NO_REST_API,
    "no_https": TroubleKind.KEY_REFUSED,
    "redirect": TroubleKind.REDIRECTED,
}


@pytest.mark.parametrize(("mode", "kind"), BAD_DAYS.items())
def test_each_bad_day_of_the_shop_has_its_name(shop: Storefront, mode: str, kind: TroubleKind) -> None:
    order_id, rest = bought(shop), client(shop)
    shop.fail_rest(mode)
    with pytest.raises(ShopTrouble) as caught:
        rest.order(order_id)
    assert caught.value.kind is kind
    shop.fail_rest("ok")
    assert isinstance(rest.order(order_id), ShopOrder)


@pytest.mark.parametrize("mode", ["after_change", "slow_change", "dropped_change"])
def test_after_an_unknown_outcome_the_order_tells_what_became_of_it(shop: Storefront, mode: str) -> None:
    order_id, key = bought(shop), shop.new_key()
    shop.fail_rest(mode, only=("PUT",))
    with pytest.raises(ShopTrouble) as caught:
        client(shop, key, HASTY).put_order(order_id, {"status": "on-hold"})
    assert caught.value.outcome_unknown
    shop.fail_rest("ok")
    read = client(shop, key).order(order_id)
    assert isinstance(read, ShopOrder)
    assert read.status == "on-hold"


def test_an_id_that_was_given_out_again_is_another_order(shop: Storefront) -> None:
    shop.back_up()
    lost, rest = bought(shop), client(shop)
    before = rest.order(lost)
    shop.restore()
    again = bought(shop)
    after = client(shop).order(again)
    assert isinstance(before, ShopOrder)
    assert isinstance(after, ShopOrder)
    assert (lost == again, before.order_key == after.order_key) == (True, False)
