"""Payments made with a real node and recorded: what /how-it-works plays.

Each scene is an order, what becomes of it, and in the end the facts that Sattle holds of it. Time is moved between the
steps, so that a recording takes as long as a real payment does and making it takes seconds.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from regtest.harness import Harness
from regtest.node import Node
from regtest.state import PROJECT_ROOT
from regtest.storefront import Order
from regtest.waiting import wait_until

RECORDINGS = PROJECT_ROOT / "app" / "pages" / "story" / "recorded.json"
PRICE = "83.50"
SPEED = "LowMediumSpeed"
STORE = "Corner Books"
SHOP = "shop.example"
"""What the shop is called in recordings: it ran on a port of this machine."""
PATIENCE_SECONDS = 60


def record(say: Callable[[str], object], to: Path = RECORDINGS) -> None:
    """Play all scenes and write their facts."""
    with tempfile.TemporaryDirectory(prefix="sattle-story-") as directory:
        place = Path(directory)
        settings = {"SATTLE_FIXED_RATES": "BTC_EUR=52340.60"}
        with Node(place / "node") as node, Harness(node, place / "sattle", settings=settings) as sattle:
            recorded = {}
            for name, scene in SCENES.items():
                say(f"recording: {name}")
                recorded[name] = scene(Stage(sattle, name))
    to.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    say(f"written: {to}")


class Stage:
    """One order in a shop of its own, and the verbs of the scenes."""

    def __init__(self, sattle: Harness, name: str) -> None:
        self.sattle = sattle
        self.node = sattle.node
        store = sattle.new_store(f"{STORE} {name}", speed_policy=SPEED)
        _, self.shop = sattle.new_shop(store, "greenfield")
        self.order: Order = self.shop.order(PRICE, "EUR", payment_method="btcpaygf_default")

    def later(self, seconds: int) -> "Stage":
        self.node.advance(seconds)
        return self

    def due(self) -> int:
        return int(self.page()["due"].replace(".", ""))

    def pay(self, sats: int) -> str:
        return self.node.payer.pay(self.sattle.destination(self.order), sats)

    def page(self) -> dict[str, Any]:
        return dict(requests.get(f"{self.sattle.server}/i/{self.order.invoice_id}/status", timeout=10).json())

    def wait(self, status: str, additional: str = "None") -> None:
        def stands() -> bool:
            page = self.page()
            return (page["status"], page["additionalStatus"]) == (status, additional)

        wait_until(stands, f"the invoice to be {status}, {additional}", PATIENCE_SECONDS)

    def known(self) -> dict[str, Any]:
        return self.sattle.invoice(self.order.invoice_id)

    def wait_payments(self, number: int) -> None:
        wait_until(lambda: len(self.known()["payments"]) == number, f"{number} payments", PATIENCE_SECONDS)

    def wait_told(self) -> None:
        """Return when the shop has taken everything that it is owed."""

        def is_told() -> bool:
            return {each["state"] for each in self.known()["deliveries"]} <= {"delivered"}

        wait_until(is_told, "the shop to be told", PATIENCE_SECONDS)

    def wait_event(self, kind: str) -> None:
        def happened() -> bool:
            return kind in [event["type"] for event in self.known()["events"]]

        wait_until(happened, f"the event {kind}", PATIENCE_SECONDS)

    def wait_tries(self, number: int) -> None:
        def tried() -> bool:
            owed = self.known()["deliveries"]
            return sum(len(each["attempts"]) for each in owed) >= number

        wait_until(tried, f"{number} tries to tell the shop", PATIENCE_SECONDS)

    def bury(self) -> None:
        """A block after eight minutes, another one after eleven."""
        self.later(8 * 60).node.mine()
        self.later(11 * 60).node.mine()

    def facts(self) -> dict[str, Any]:
        """What Sattle holds of the order's invoice."""
        text = self.sattle.installation.flask("invoice", "facts", self.order.invoice_id)
        host = str(self.shop).partition("//")[2]
        recorded: dict[str, Any] = json.loads(text.replace(host, SHOP))
        recorded["store"] = STORE
        return recorded


def paid(stage: Stage) -> dict[str, Any]:
    stage.later(47).pay(stage.due())
    stage.wait("Processing")
    stage.wait_told()
    stage.bury()
    stage.wait("Settled")
    stage.wait_told()
    return stage.facts()


def partial(stage: Stage) -> dict[str, Any]:
    stage.later(62).pay(stage.due() - 5_000)
    stage.wait("New", "PaidPartial")
    stage.wait_told()
    stage.later(170).pay(stage.due())
    stage.wait("Processing")
    stage.wait_told()
    stage.bury()
    stage.wait("Settled")
    stage.wait_told()
    return stage.facts()


def replaced(stage: Stage) -> dict[str, Any]:
    txid = stage.later(55).pay(stage.due())
    stage.wait("Processing")
    stage.wait_told()
    stage.later(48 * 60).node.payer.bump(txid)
    stage.wait_payments(2)
    stage.wait_told()
    stage.bury()
    stage.wait("Settled")
    stage.wait_told()
    return stage.facts()


def double_spent(stage: Stage) -> dict[str, Any]:
    txid = stage.later(50).pay(stage.due())
    stage.wait("Processing")
    stage.wait_told()
    stage.later(240).node.payer.double_spend(txid)
    stage.wait("New")
    stage.later(15 * 60)
    stage.wait("Expired")
    stage.wait_told()
    return stage.facts()


def late(stage: Stage) -> dict[str, Any]:
    asked = stage.due()
    stage.later(15 * 60 + 30)
    stage.wait("Expired")
    stage.later(9 * 60).pay(asked)
    stage.wait("Expired", "PaidLate")
    stage.wait_told()
    stage.bury()
    stage.wait_event("invoice_paymentSettled")
    stage.wait_told()
    return stage.facts()


def reorg(stage: Stage) -> dict[str, Any]:
    stage.later(40).pay(stage.due())
    stage.wait("Processing")
    stage.wait_told()
    stage.bury()
    stage.wait("Settled")
    stage.wait_told()
    stage.later(90).node.reorg(2, keep_transactions=False)
    stage.wait_event("invoice_settledPaymentLost")
    stage.bury()
    stage.wait_event("invoice_settledPaymentReturned")
    return stage.facts()


def shop_down(stage: Stage) -> dict[str, Any]:
    stage.shop.answer_webhooks("down")
    stage.later(58).pay(stage.due())
    stage.wait("Processing")
    stage.wait_tries(1)
    stage.later(11)
    stage.wait_tries(2)
    stage.shop.answer_webhooks("ok")
    stage.later(61)
    stage.wait_told()
    stage.bury()
    stage.wait("Settled")
    stage.wait_told()
    return stage.facts()


SCENES: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "paid": paid,
    "partial": partial,
    "replaced": replaced,
    "double-spent": double_spent,
    "late": late,
    "reorg": reorg,
    "shop-down": shop_down,
}
