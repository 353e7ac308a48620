"""A shop with a few days of trade behind it, made with a real node: what stands before the camera."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from regtest.errors import RegtestError
from regtest.harness import Harness, NewStore
from regtest.node import Node
from regtest.storefront import Order, Storefront
from regtest.waiting import wait_until

STORE = "Corner Books"
EMAIL = "ann@corner-books.example"
PASSWORD = "play-money-only"
SETTINGS = {"SATTLE_FIXED_RATES": "BTC_EUR=61240.50,BTC_USD=66310.00"}
GATEWAY = "btcpaygf_default"
PATIENCE_SECONDS = 60
MINUTE, DAY = 60, 24 * 60 * 60
WINDOW = 15 * MINUTE + 10
TRADE = (("12.34", "8.90"), ("64.00",), ("21.00", "39.90", "8.90"), ("112.50", "12.34"), ("27.80",), ("83.50", "18.00"))
"""What was bought on each day before today, in EUR."""
BOOKS = ("The Kraken of Kiel", "Maps of Low Tide", "A History of Salt", "Letters from the Pier", "Tea for Two")


@dataclass
class Scenery:
    """A running Sattle with a store, its shop and its owner, and invoices by what became of them."""

    sattle: Harness
    store: NewStore
    shop: Storefront
    invoices: dict[str, str] = field(default_factory=dict)
    _orders: list[Order] = field(default_factory=list)

    @property
    def server(self) -> str:
        return self.sattle.server

    @property
    def addresses(self) -> dict[str, str]:
        """What stands in braces in the address of a page."""
        return {"store": self.store.id, **self.invoices}

    def order(self, price: str) -> Order:
        book = BOOKS[len(self._orders) % len(BOOKS)]
        words = {"itemDesc": book, "buyerEmail": "kim@reader.example", "buyerName": "Kim Reader"}
        self._orders.append(self.shop.order(price, "EUR", payment_method=GATEWAY, metadata=words))
        return self._orders[-1]

    def trade(self, *prices: str) -> list[Order]:
        """Orders that were paid and confirmed."""
        orders = [self.order(price) for price in prices]
        for order in orders:
            self.sattle.advance(40)
            self.pay(order)
        self.bury()
        for order in orders:
            self.wait(order, "Settled")
        return orders

    def pay(self, order: Order, part: int = 1) -> None:
        """The whole of what is due, or one `part`th of it; returns when Sattle knows."""
        before = self.status(order)
        self.sattle.pay(order, int(before["due"].replace(".", "")) // part)
        wait_until(lambda: self.status(order)["paid"] != before["paid"], "the payment to be seen", PATIENCE_SECONDS)

    def bury(self) -> None:
        """Two blocks, as they come on a good day."""
        for minutes in (8, 11):
            self.sattle.advance(minutes * MINUTE)
            self.sattle.node.mine()

    def status(self, order: Order) -> dict[str, Any]:
        return dict(requests.get(f"{self.server}/i/{order.invoice_id}/status", timeout=10).json())

    def wait(self, order: Order, status: str, additional: str = "None") -> None:
        def stands() -> bool:
            page = self.status(order)
            return (page["status"], page["additionalStatus"]) == (status, additional)

        wait_until(stands, f"the invoice to be {status}, {additional}", PATIENCE_SECONDS)

    def wait_told(self, order: Order) -> None:
        def is_told() -> bool:
            return {each["state"] for each in self.sattle.invoice(order)["deliveries"]} <= {"delivered"}

        wait_until(is_told, "the shop to be told", PATIENCE_SECONDS)


@contextmanager
def scenery(place: Path) -> Iterator[Scenery]:
    """Node, Sattle and shop below the directory `place`, the store's past made; nothing is under way yet."""
    with Node(place / "node") as node, Harness(node, place / "sattle", settings=SETTINGS) as sattle:
        store = sattle.new_store(STORE, speed_policy="LowMediumSpeed")
        account = ("user", "create", EMAIL, "--administrator", "--store", STORE, "--password-stdin")
        sattle.installation.flask(*account, given=PASSWORD + "\n")
        _, shop = sattle.new_shop(store, "greenfield")
        scene = Scenery(sattle, store, shop)
        make_past(scene)
        yield scene


def make_past(scene: Scenery) -> None:
    """Days of trade, an order that nobody paid and one that was paid today."""
    for prices in TRADE:
        scene.trade(*prices)
        scene.sattle.advance(DAY - 20 * MINUTE)
        scene.sattle.node.mine()
    nobody = scene.order("24.00")
    scene.sattle.advance(WINDOW)
    scene.wait(nobody, "Expired")
    (paid,) = scene.trade("46.80")
    scene.wait_told(paid)
    scene.invoices |= {"expired": nobody.invoice_id, "paid": paid.invoice_id}
    scene.sattle.installation.flask("backup", str(scene.sattle.installation.directory / "backup.tar"))
    scene.sattle.installation.flask("backup", "verify")


def make_disagreement(scene: Scenery) -> None:
    """The shop is connected, and the customer of a paid order chose another way to pay before the payment came."""
    key = scene.shop.new_key()
    halves = f"{key.consumer_key}\n{key.consumer_secret}\n"
    scene.sattle.installation.flask("woo", "connect", scene.store.id, scene.shop.url, given=halves)
    order = scene.order("58.00")
    scene.shop.deed(order, "switch_gateway", gateway="bacs")
    scene.pay(order)
    scene.bury()
    scene.wait(order, "Settled")
    scene.sattle.advance(5 * MINUTE)
    wait_until(lambda: _disagrees(scene), "the mismatch to be open", PATIENCE_SECONDS)
    scene.invoices["mismatch"] = "1"  # the only one that this database has ever had


def _disagrees(scene: Scenery) -> bool:
    try:
        scene.sattle.installation.flask("woo", "mismatches")
    except RegtestError:  # it ends with 1 when there is one
        return True
    return False


def make_present(scene: Scenery) -> None:
    """An order in each state that does not last."""
    seen = scene.order("31.50")
    scene.pay(seen)
    scene.sattle.advance(7 * MINUTE)
    scene.sattle.node.mine()
    wait_until(lambda: bool(scene.status(seen)["receivedConfirmations"]), "the block to be seen", PATIENCE_SECONDS)
    partial = scene.order("54.20")
    scene.pay(partial, part=3)
    waiting = scene.order("83.50")
    scene.invoices |= {"seen": seen.invoice_id, "partial": partial.invoice_id, "waiting": waiting.invoice_id}
