"""A shop of a test's own, its orders, and the verbs of the stories told about them."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import requests

from regtest.harness import Harness, Plugin
from regtest.scenarios.all import named
from regtest.scenarios.server import Server
from regtest.scenarios.shops import StandIn
from regtest.scenarios.stage import Stage
from regtest.waiting import wait_until
from tests.contract.answer_checks import check_body
from tests.e2e.ledger import Ledger, Line

SECONDS = 5  # a request to our own machine

PAID = ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]
PAID_CODES = [1001, 1002, 1003, 1005, 1006]
SEEN_NOTE = "Bitcoin payment seen"
COMPLETED_NOTE = "Bitcoin payment completed"
EXPIRED_NOTE = "Bitcoin payment expired"
GATEWAYS = {"bitpay": "btcpay", "greenfield": "btcpaygf_default"}
ENDPOINTS = {"bitpay": "ipn", "greenfield": "webhook"}
WEBHOOKS = {
    "receivedPayment": "InvoiceReceivedPayment",
    "paidInFull": "InvoiceProcessing",
    "expired": "InvoiceExpired",
    "paymentSettled": "InvoicePaymentSettled",
    "confirmed": "InvoiceSettled",
    "markedComplete": "InvoiceSettled",
    "markedInvalid": "InvoiceInvalid",
    "failedToConfirm": "InvoiceInvalid",
}
"""Event to the webhook that the Greenfield plugin is subscribed to; it hears of no other events."""

T = TypeVar("T")


class Case:
    """A shop of its own and the verbs of the stories told here. Money is in satoshis; 1 BTC is 50,000 EUR.

    `plugin` is how the shop is connected: by the older, BitPay-style plugin or by the Greenfield one.
    """

    def __init__(self, sattle: Harness, plugin: Plugin = "bitpay", **store_settings: str) -> None:
        self.sattle = sattle
        self.plugin = plugin
        self.ledger = Ledger(sattle)
        self.node = sattle.node
        self.payer = sattle.node.payer
        self.store = sattle.new_store(f"case-{uuid.uuid4().hex[:8]}", **store_settings)
        self.key = self.store.api_key
        self.shop_process, self.shop = sattle.new_shop(self.store, plugin)

    def order(self, price: str | None = "10.00", **fields: object) -> "Order":
        """An order in the shop, with its invoice. 10 EUR are 20,000 sats; None leaves the amount to the buyer."""
        asked = {"price": price, "currency": "EUR", "payment_method": GATEWAYS[self.plugin], **fields}
        answer = requests.post(f"{self.shop}/api/orders", json=asked, timeout=SECONDS)
        answer.raise_for_status()
        return Order(self, answer.json())

    def play(self, name: str) -> list["Order"]:
        """Play the scenario that QA plays by this name (regtest/scenarios); the orders that it made."""
        stage = Stage(Server(self.sattle.server, self.key), self.node, StandIn(self.shop, self.plugin))
        named(name).play(stage)
        return [Order(self, {"order_id": each.order_id, "invoice_id": each.invoice_id}) for each in stage.orders]

    def answer(self, mode: str) -> None:
        """How the shop answers what it is told from now on: ok, down, gone, forbidden, deaf, slow, after_change."""
        path = f"/api/{ENDPOINTS[self.plugin]}-mode"
        requests.post(f"{self.shop}{path}", json={"mode": mode}, timeout=SECONDS).raise_for_status()

    # the Greenfield plugin's side

    def api(self, method: str, path: str, body: object = None) -> requests.Response:
        """A call with the shop's key; the path begins below the store."""
        path = f"/api/v1/stores/{self.store.id}{path}"
        headers = {"Authorization": f"token {self.key}"}
        answer = requests.request(method, self.sattle.server + path, json=body, headers=headers, timeout=SECONDS)
        check_body(method, path.partition("?")[0], answer.status_code, answer.content)
        return answer

    def settings(self, **changes: object) -> dict[str, Any]:
        """The plugin's settings, saved if there are changes."""
        url = f"{self.shop}/api/greenfield"
        done = requests.post(url, json=changes, timeout=30) if changes else requests.get(url, timeout=SECONDS)
        done.raise_for_status()
        return dict(done.json())

    def all_deliveries(self) -> list[dict[str, Any]]:
        """All that the shop was posted, those for no order included."""
        return list(requests.get(f"{self.shop}/api/deliveries", timeout=SECONDS).json())


class Order:
    """An order of the shop and the invoice made for it."""

    def __init__(self, case: Case, created: dict[str, Any]) -> None:
        self.case = case
        self.id = created["order_id"]
        self.invoice_id = created["invoice_id"]

    # the invoice

    def page(self) -> dict[str, Any]:
        answer = requests.get(f"{self.case.sattle.server}/i/{self.invoice_id}/status", timeout=SECONDS)
        answer.raise_for_status()
        return dict(answer.json())

    @property
    def address(self) -> str:
        return str(self.page()["address"])

    def shown(self) -> dict[str, Any]:
        """`flask invoice show ID --json`."""
        return dict(self.case.sattle.installation.flask_json("invoice", "show", self.invoice_id))

    def events(self) -> list[str]:
        """The types of all events so far, in order, without `invoice_`; read from the books, which is quick."""
        return [event.type for event in self.case.ledger.events(self.invoice_id)]

    def payments(self) -> list[Line]:
        return self.case.ledger.payments(self.invoice_id)

    def wait_status(self, status: str, additional: str = "None", timeout_seconds: float = 30) -> None:
        wait_until(
            lambda: self.standing() == (status, additional),
            f"invoice {self.invoice_id} is {status}, {additional}",
            timeout_seconds=timeout_seconds,
        )

    def standing(self) -> tuple[str, str]:
        """Status and additional status, as the buyer's page has them."""
        page = self.page()
        return page["status"], page["additionalStatus"]

    # the order in the shop

    def in_shop(self) -> dict[str, Any]:
        answer = requests.get(f"{self.case.shop}/api/orders/{self.id}", timeout=SECONDS)
        answer.raise_for_status()
        return dict(answer.json())

    def wait_order(self, status: str, timeout_seconds: float = 30) -> None:
        wait_until(
            lambda: self.in_shop()["status"] == status,
            f"order {self.id} is {status}",
            timeout_seconds=timeout_seconds,
        )

    def notes(self) -> str:
        return "\n".join(str(note) for note in self.in_shop()["notes"])

    def ipns(self) -> list[dict[str, Any]]:
        """The IPNs that the shop answered well, in the order in which they came."""
        return [ipn for ipn in self.in_shop()["ipns"] if ipn["answered"] == 200]

    def ipn_codes(self) -> list[int]:
        """The event codes of the extended IPNs."""
        return [ipn["code"] for ipn in self.ipns() if ipn["kind"] == "extended"]

    def deliveries(self) -> list[dict[str, Any]]:
        """The webhooks that the shop answered well, in the order in which they came."""
        return [delivery for delivery in self.in_shop()["deliveries"] if delivery["answered"] == 200]

    def webhook_types(self) -> list[str]:
        return [delivery["type"] for delivery in self.deliveries()]

    def all_delivered(self) -> bool:
        return set(self.case.ledger.deliveries(self.invoice_id)) <= {"delivered"}

    def wait_delivered(self) -> None:
        wait_until(self.all_delivered, f"every delivery of {self.invoice_id} is delivered", timeout_seconds=30)

    def standings(self) -> dict[str, str]:
        """What each paying transaction counts as."""
        return {
            payment.outpoint.split("-")[0]: payment.status for payment in self.case.ledger.payments(self.invoice_id)
        }

    def wait_confirmations(self, confirmations: int) -> None:
        """Wait until the one payment has so many."""
        wait_until(
            lambda: self.case.ledger.payment(self.invoice_id).confirmations == confirmations,
            f"{confirmations} confirmations of {self.invoice_id}",
        )

    def wait_told(self, *types: str) -> None:
        """Wait until the shop took exactly these webhooks, in this order."""
        wait_until(lambda: self.webhook_types() == list(types), f"order {self.id} to be told {types}", 30)

    def refused(self) -> list[dict[str, Any]]:
        """The webhooks that the shop did not take."""
        return [each for each in self.in_shop()["deliveries"] if each["answered"] not in (200, None)]

    def pay_again(self, gateway: str | None = None) -> "Order":
        """What "pay" on this order does; the order again, with the invoice that it has then."""
        asked = {"payment_method": gateway} if gateway else {}
        answer = requests.post(f"{self.case.shop}/api/orders/{self.id}/pay", json=asked, timeout=SECONDS)
        answer.raise_for_status()
        return Order(self.case, answer.json())

    def deed(self, name: str, **asked: object) -> None:
        """Somebody does this to the order (regtest.shop.rest.deeds)."""
        self.case.shop.deed(str(self.id), name, **asked)

    def refund(self, amount: str, reason: str = "goodwill") -> requests.Response:
        url = f"{self.case.shop}/api/orders/{self.id}/refund"
        return requests.post(url, json={"amount": amount, "reason": reason}, timeout=SECONDS)

    def settle(self) -> None:
        """Pay what is due and wait until the shop knows that it is settled."""
        self.pay(int(self.page()["due"].replace(".", "")))
        self.wait_status("Processing")
        self.case.node.mine()
        self.wait_order("processing")
        self.wait_delivered()  # the order changes a moment before the shop has answered

    # all of it

    def ends(
        self,
        *,
        invoice: tuple[str, str],
        order: str,
        events: Sequence[str],
        codes: Sequence[int],
        notes: Sequence[str],
        order_by_webhooks: str | None = None,
        again: bool = False,
    ) -> None:
        """Wait until invoice and order stand like this and all is told; nothing else may have happened or been told.

        `codes` are those of the extended IPNs. `notes` are beginnings of the order's notes; changes of its status are
        left out, and so is what is repeated. The Greenfield plugin is told the webhooks of the same events instead and
        writes one note for each; `order_by_webhooks` is the order's status where that differs. `again`: the worker was
        killed, so a notification may have come twice.
        """
        is_greenfield = self.case.plugin == "greenfield"
        self.wait_status(*invoice)
        wait_until(lambda: self.events() == list(events), f"the events {events}", timeout_seconds=30)
        self.wait_order(order_by_webhooks or order if is_greenfield else order)
        self.wait_delivered()
        assert self.events() == list(events)
        if is_greenfield:
            self._was_told([WEBHOOKS[event] for event in events if event in WEBHOOKS], again=again)
            return
        told = self.ipn_codes()
        assert (_first_appearances(told) if again else told) == (_first_appearances(codes) if again else list(codes))
        noted = _first_appearances(note for note in self.in_shop()["notes"] if not note.startswith("Status:"))
        assert len(noted) == len(notes), noted
        assert [text for text, beginning in zip(noted, notes, strict=True) if not text.startswith(beginning)] == []

    def _was_told(self, types: list[str], *, again: bool) -> None:
        told = self.webhook_types()
        assert (_first_appearances(told) if again else told) == (_first_appearances(types) if again else types)
        seen = self.in_shop()
        assert "log" not in seen["meta"], seen["meta"]["log"]
        notes = [note for note in seen["notes"] if not note.startswith("Status:")]
        assert len(notes) == len(told), notes

    # paying

    def pay(self, sats: int, *, replaceable: bool = True) -> str:
        return self.case.payer.pay(self.address, sats, replaceable=replaceable)


def _first_appearances(values: Iterable[T]) -> list[T]:
    """Each value once, where it came first."""
    return list(dict.fromkeys(values))


NewCase = Callable[..., Case]
"""Makes a store and a shop; keywords are the store's terms."""
