"""The bridge against the stand-in shop over HTTP: accidents of the shop, and what people do to its orders."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.domain.bridge_times import WatchState
from app.domain.shop_order import ShopOrder
from app.notify import Door
from regtest.ports import free_port
from regtest.shop.app import create_shop
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.orders import Order
from regtest.shop.rest.keys import Keys
from regtest.shop.settings import ShopSettings
from regtest.shop.till import Till
from tests.integration.bridge_bench import BridgeBench
from tests.integration.woo_bench import WooBench
from tests.serving import serving
from woo_bridge.errors import ShopTrouble
from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.line import Line
from woo_bridge.rest.shop import Shop
from woo_bridge.shop_pass import look_at_due, poll


class ServedShop(WooBench):
    """WooBench whose shop also listens on a port, without TLS: OAuth signs for it."""

    def __init__(self, directory: Path, port: int) -> None:
        settings = ShopSettings(port=port, server="http://127.0.0.1:9", state_dir=directory)
        self.till = Till(settings)
        self.orders = self.till.orders
        self.plugin = GreenfieldPlugin(settings, self.till.orders, self.till.inbox, self.till.clock.now)
        self.app = create_shop(self.till, self.plugin)
        self.client = self.app.test_client()
        self.url = settings.url
        self.keys = Keys(self.till.database, self.url, self.till.clock.now)
        self.key = self.keys.add()


class Kept(BridgeBench):
    """BridgeBench with the stand-in in the place of the shop in memory."""

    woo: ServedShop

    def open(self, woo: ServedShop) -> None:
        self.woo = woo
        self.connect(woo.url)
        address = ShopAddress(f"{woo.url}/wp-json/", Auth.OAUTH_HTTP)
        key = ShopKey(woo.key.consumer_key, woo.key.consumer_secret)
        line = Line(Door(allow_private=True).adapter, total_seconds=10)
        self.orders = Shop(address, key, line, self.clock.machine_now)

    def sell(self, status: str = "pending") -> tuple[Order, str]:
        """An order and its invoice, as V2 leaves them."""
        order = self.woo.place(status)
        invoice_id = self.invoice(order.id, key=order.key)
        self.woo.orders.set_meta(order.id, {"BTCPay_id": invoice_id})
        return order, invoice_id

    def look(self, minutes: int = 3) -> None:
        """Time passes, and the worker looks at what is due."""
        self.advance(minutes=minutes)
        self.pass_over(look_at_due)

    def status(self, order: Order) -> str:
        return self.woo.orders.get(order.id).status

    def our_notes(self, order: Order) -> list[str]:
        return [note.text for note in self.orders.notes(order.id) if "Sattle" in note.text]


@pytest.fixture
def bench(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Kept]:
    database = tmp_path / "sattle.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    port = free_port()
    (tmp_path / "shop").mkdir()
    woo = ServedShop(tmp_path / "shop", port)
    with ExitStack() as running:
        running.enter_context(serving(make_server("127.0.0.1", port, woo.app, threaded=True)))
        kept = Kept(tmp_path, f"sqlite:///{database}")
        running.callback(kept.stop)
        kept.open(woo)
        yield kept


def test_an_order_that_the_plugin_never_heard_of_is_paid_over_rest(bench: Kept) -> None:
    order, invoice = bench.sell()
    bench.pay(invoice)
    bench.look()
    assert (bench.status(order), bench.watch(order.id).state) == ("processing", WatchState.DONE)
    read = bench.orders.order(order.id)
    assert isinstance(read, ShopOrder)
    assert (read.transaction_id, len(bench.our_notes(order))) == (invoice, 1)
    bench.look(120)
    assert [act for act in bench.acts() if act[0] == "write"] == [("write", "done")]


def test_a_5xx_after_the_change_writes_once_and_notes_once(bench: Kept) -> None:
    order, invoice = bench.sell()
    bench.pay(invoice)
    bench.woo.fail("after_change", times=1, only=["PUT"])
    bench.look()
    assert (bench.status(order), bench.mismatches()) == ("processing", [])
    assert [kind for kind, _ in bench.acts()].count("write") == 1


@pytest.mark.parametrize("mode", ["maintenance", "cloudflare", "html"])
def test_a_shop_that_answers_something_else_is_left_alone_and_caught_up_with(bench: Kept, mode: str) -> None:
    order, invoice = bench.sell()
    bench.pay(invoice)
    bench.woo.fail(mode)
    with pytest.raises(ShopTrouble):
        bench.look()
    assert bench.watch(order.id).claimed_by is None
    bench.woo.fail("ok")
    bench.look(1)
    assert bench.status(order) == "processing"


DEEDS: dict[str, tuple[str, dict[str, object], str]] = {
    "paid by card": ("pay_by_card", {}, "double_payment"),
    "another total": ("set_total", {"total": "99.00"}, "amount"),
    "in the trash": ("trash", {}, "trashed"),
    "deleted": ("delete", {}, "deleted"),
    "cancelled by a person": ("cancel_by_person", {}, "cancelled_by_person"),
    "switched to another gateway": ("switch_gateway", {}, "gateway"),
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_a_person_or_the_customer_did_is_never_written_over(bench: Kept, name: str) -> None:
    deed, options, kind = DEEDS[name]
    order, invoice = bench.sell()
    bench.pay(invoice)
    bench.woo.deed(order, deed, **options)
    before = None if deed == "delete" else bench.status(order)
    bench.look()
    bench.look(60 * 7)
    assert bench.mismatches() == [(kind, True)]
    assert [act for act in bench.acts() if act[0] == "write"] == []
    assert before is None or bench.status(order) == before
    assert deed == "delete" or len(bench.our_notes(order)) <= 1


def test_the_shop_says_what_changed_and_it_is_seen_at_once(bench: Kept) -> None:
    order, invoice = bench.sell()
    bench.pass_over(poll)
    bench.woo.deed(order, "pay_by_card")
    bench.advance(minutes=3)
    bench.pass_over(poll)
    assert bench.stored(invoice) == ("Invalid", "Marked")


def test_an_order_set_on_hold_survives_the_hold_stock_job(bench: Kept) -> None:
    order, invoice = bench.sell()
    bench.pay(invoice, "Processing")
    bench.look()
    assert bench.status(order) == "on-hold"
    bench.woo.deed(order, "age", minutes=600)
    assert bench.woo.control("/api/woo/hold-stock")["cancelled"] == []
    bench.pay(invoice, "Settled")
    bench.look()
    assert bench.status(order) == "processing"
