"""The shop under test: where orders are made, and where they are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import requests

from regtest.errors import NoSuchOrder, RegtestError
from regtest.storefront import Storefront

GATEWAYS = {"bitpay": "btcpay", "greenfield": "btcpaygf_default"}
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Bought:
    """An order that waits for its money, and the invoice that the shop asked for."""

    order_id: str
    invoice_id: str


@dataclass(frozen=True)
class OrderSeen:
    """An order as the shop shows it: WooCommerce's status without `wc-`, and the notes, the oldest first."""

    status: str
    notes: Sequence[str]


class Reader(Protocol):
    """Who can look at orders."""

    def look(self, order_id: str) -> OrderSeen:
        """The order as it is now."""


class Shop(Reader, Protocol):
    """What a scenario needs of any shop."""

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""

    @property
    def plugin(self) -> str:
        """How it is connected: bitpay or greenfield."""

    def buy(self, price: str, currency: str) -> Bought:
        """Order something and go to pay for it."""


class StandIn:
    """The stand-in shop of this harness (docs/shop.md): it can be hurt, too."""

    def __init__(self, storefront: Storefront, plugin: str = "greenfield", reader: Reader | None = None) -> None:
        self.storefront = storefront
        self.plugin = plugin
        self._reader = reader  # orders are looked at by it, where there is one

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return self.storefront.url

    def buy(self, price: str, currency: str) -> Bought:
        """Order something and go to pay for it."""
        made = self.storefront.order(price, currency, payment_method=GATEWAYS[self.plugin])
        return Bought(made.order_id, made.invoice_id)

    def look(self, order_id: str) -> OrderSeen:
        """The order as it is now."""
        if self._reader is not None:
            return self._reader.look(order_id)
        try:
            seen = self.storefront.look(order_id)
        except NoSuchOrder:
            return OrderSeen("deleted", ())
        return OrderSeen(str(seen["status"]), [str(note["text"]) for note in seen["all_notes"]])

    def pay_again(self, order_id: str) -> Bought:
        """Go to pay for an order that is there: with its invoice, or with a new one if that is spent."""
        made = self.storefront.pay_again(order_id)
        return Bought(made.order_id, made.invoice_id)

    def answer_news(self, mode: str) -> None:
        """How the shop takes what it is told from now on: ok, down, forbidden, gone."""
        if self.plugin == "bitpay":
            self.storefront.answer_ipns(mode)  # type: ignore[arg-type]  # the shop itself refuses a mode that it lacks
        else:
            self.storefront.answer_webhooks(mode)  # type: ignore[arg-type]  # likewise

    def refusals(self, order_id: str) -> int:
        """How often news about an order were not taken."""
        seen = self.storefront.look(order_id)
        told = seen["ipns"] if self.plugin == "bitpay" else seen["deliveries"]
        return sum(each["answered"] not in (200, None) for each in told)


def is_stand_in(url: str) -> bool:
    """Whether the shop is one of this harness: those say so at /health. RegtestError when nobody answers."""
    try:
        said = requests.get(f"{url}/health", timeout=TIMEOUT_SECONDS).json()
        return isinstance(said, dict) and "webhook_mode" in said
    except requests.JSONDecodeError:
        return False
    except requests.RequestException as error:
        raise RegtestError(f"the shop at {url} does not answer: {error}") from error
