"""A shop of a test's own, its orders, and the verbs of the stories told about them."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import requests

from regtest.harness import Harness
from regtest.waiting import wait_until
from tests.e2e.ledger import Ledger, Line

SECONDS = 5  # a request to our own machine

PAID = ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]
PAID_CODES = [1001, 1002, 1003, 1005, 1006]
SEEN_NOTE = "Bitcoin payment seen"
COMPLETED_NOTE = "Bitcoin payment completed"
EXPIRED_NOTE = "Bitcoin payment expired"

T = TypeVar("T")


class Case:
    """A shop of its own and the verbs of the stories told here. Money is in satoshis; 1 BTC is 50,000 EUR."""

    def __init__(self, sattle: Harness, **store_settings: str) -> None:
        self.sattle = sattle
        self.ledger = Ledger(sattle)
        self.node = sattle.node
        self.payer = sattle.node.payer
        self.store = sattle.new_store(f"case-{uuid.uuid4().hex[:8]}", **store_settings)
        self.shop_process, self.shop = sattle.new_shop(self.store)

    def order(self, price: str = "10.00", **fields: object) -> "Order":
        """An order in the shop, with its invoice. 10 EUR are 20,000 sats."""
        answer = requests.post(
            f"{self.shop}/api/orders", json={"price": price, "currency": "EUR", **fields}, timeout=SECONDS
        )
        answer.raise_for_status()
        return Order(self, answer.json())

    def ipn_mode(self, mode: str) -> None:
        requests.post(f"{self.shop}/api/ipn-mode", json={"mode": mode}, timeout=SECONDS).raise_for_status()


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

    def all_delivered(self) -> bool:
        return set(self.case.ledger.deliveries(self.invoice_id)) == {"delivered"}

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

    # all of it

    def ends(
        self,
        *,
        invoice: tuple[str, str],
        order: str,
        events: Sequence[str],
        codes: Sequence[int],
        notes: Sequence[str],
        again: bool = False,
    ) -> None:
        """Wait until invoice and order stand like this and all is told; nothing else may have happened or been told.

        `codes` are those of the extended IPNs. `notes` are beginnings of the order's notes; changes of its status are
        left out, and so is what is repeated. `again`: the worker was killed, so an IPN may have come twice.
        """
        self.wait_status(*invoice)
        wait_until(lambda: self.events() == list(events), f"the events {events}", timeout_seconds=30)
        self.wait_order(order)
        self.wait_delivered()
        assert self.events() == list(events)
        told = self.ipn_codes()
        assert (_first_appearances(told) if again else told) == (_first_appearances(codes) if again else list(codes))
        noted = _first_appearances(note for note in self.in_shop()["notes"] if not note.startswith("Status:"))
        assert len(noted) == len(notes), noted
        assert [text for text, beginning in zip(noted, notes, strict=True) if not text.startswith(beginning)] == []

    # paying

    def pay(self, sats: int, *, replaceable: bool = True) -> str:
        return self.case.payer.pay(self.address, sats, replaceable=replaceable)


def _first_appearances(values: Iterable[T]) -> list[T]:
    """Each value once, where it came first."""
    return list(dict.fromkeys(values))
