"""What a scenario plays on: server, node, clock and, where there is one, a shop; and an account of what was done."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from regtest.chain import Chain
from regtest.errors import NeverHappened, RegtestError
from regtest.payer import Payer
from regtest.scenarios.server import CONFIRMATIONS, Due, Server
from regtest.scenarios.shops import OrderSeen, Shop, StandIn
from regtest.waiting import wait_until

PRICE, CURRENCY = "10.00", "EUR"
PATIENCE_SECONDS = 90  # the worker of a busy machine may take its time
PAID = ("processing", "completed")
"""An order that is paid: downloads are completed at once."""


class Unexpected(RegtestError):
    """A scenario saw something else than it should have."""


@dataclass
class Stage:
    """One scenario's own. `done` is what happened, each line with its time; `orders` are those that it made."""

    server: Server
    chain: Chain
    shop: Shop | None = None
    patience_seconds: float = PATIENCE_SECONDS
    done: list[tuple[datetime, str]] = field(default_factory=list)
    orders: list["Played"] = field(default_factory=list)

    @property
    def payer(self) -> Payer:
        """The customer's wallet."""
        return Payer(self.chain)

    @property
    def stand_in(self) -> StandIn:
        """The shop that can be hurt."""
        if not isinstance(self.shop, StandIn):
            raise RegtestError("this needs the stand-in shop")
        return self.shop

    @property
    def by_webhooks(self) -> bool:
        """Whether a shop with the Greenfield plugin is told."""
        return self.shop is not None and self.shop.plugin == "greenfield"

    def order(self, price: str = PRICE, currency: str = CURRENCY) -> "Played":
        """Buy something in the shop; where there is none, make an invoice."""
        if self.shop is None:
            played = Played(self, self.server.create_invoice(price, currency), None)
        else:
            bought = self.shop.buy(price, currency)
            played = Played(self, bought.invoice_id, bought.order_id)
        self.orders.append(played)
        self.note(f"{played} over {price} {currency}")
        return played

    def mine(self, blocks: int = 1) -> None:
        """Mine what waits, and return when the server has heard of it."""
        self.chain.mine(blocks)
        self.note(f"{blocks} block{'s' if blocks > 1 else ''} mined")
        self.wait_tip()

    def wait_tip(self) -> None:
        """Return when the server stands as high as the node does now. Raises Unexpected when it never does."""
        height = self.chain.height()
        try:
            wait_until(lambda: self.server.tip_height() >= height, "the server's height", self.patience_seconds)
        except NeverHappened as error:
            seen = f"the server stands at height {self.server.tip_height()} and the node at {height}"
            raise Unexpected(f"{seen}; does it follow this node, and does its worker run?") from error
        self.note(f"node and server are at height {height}")

    def later(self, seconds: int) -> None:
        """Time passes for node, server and shop."""
        self.chain.advance(seconds)
        self.note(f"{seconds} s later")

    def until_expired(self, *orders: "Played") -> None:
        """Let the time to pay run out."""
        ends = max(order.expires_at() for order in orders)
        self.later(max(0, ends - self.chain.clock.unix()) + 10)

    @contextmanager
    def news_answered(self, mode: str) -> Iterator[None]:
        """Meanwhile the shop takes notifications like this; then as it should again."""
        self.stand_in.answer_news(mode)
        self.note(f"from now on the shop answers notifications: {mode}")
        try:
            yield
        finally:
            self.stand_in.answer_news("ok")
            self.note("the shop takes notifications again")

    @contextmanager
    def rest_answers(self, mode: str, *, only: tuple[str, ...] = (), times: int | None = None) -> Iterator[None]:
        """Meanwhile the shop's REST API fails in this way (docs/shop.md); then it works again."""
        self.stand_in.storefront.fail_rest(mode, only=only, times=times)
        self.note(f"the shop's REST API fails: {mode} {' '.join(only)}")
        try:
            yield
        finally:
            self.stand_in.storefront.fail_rest("ok")

    @contextmanager
    def shop_away(self) -> Iterator[None]:
        """Meanwhile nothing of the shop answers."""
        self.stand_in.storefront.go_down()
        self.note("the shop is away")
        try:
            yield
        finally:
            self.stand_in.storefront.come_up()
            self.note("the shop is back")

    def deed(self, order: "Played", name: str, **asked: object) -> None:
        """Somebody does something to an order in the shop (docs/shop.md lists the deeds)."""
        self.stand_in.storefront.deed(order.order_id or "", name, **asked)
        self.note(f"{order}: {name} {' '.join(f'{key}={value}' for key, value in asked.items())}".rstrip())

    def pay_again(self, order: "Played") -> "Played":
        """Go to pay for the same order once more."""
        bought = self.stand_in.pay_again(order.order_id or "")
        played = Played(self, bought.invoice_id, bought.order_id)
        self.orders.append(played)
        self.note(f"{played}: the buyer goes to pay again")
        return played

    def hold_stock(self, order: "Played", minutes: int) -> None:
        """Let an order wait for longer than the shop holds its stock, and let the job run."""
        storefront = self.stand_in.storefront
        held = storefront.woo()["options"]["hold_stock_minutes"]
        storefront.woo(hold_stock_minutes=str(minutes))
        try:
            self.deed(order, "age", minutes=minutes + 1)
            storefront.run_hold_stock()
        finally:
            storefront.woo(hold_stock_minutes=held)
        self.note("the job for held stock has run")

    def note(self, line: str) -> None:
        """Write down what happened."""
        self.done.append((self.chain.clock.now(), line))

    def expect(self, holds: object, sentence: str) -> None:
        """Raise Unexpected with the sentence unless it holds; note it otherwise."""
        if not holds:
            raise Unexpected(sentence)
        self.note(f"as it should be: {sentence}")


class Played:
    """An order in play, or an invoice without one where there is no shop: what is said of orders is then left out."""

    def __init__(self, stage: Stage, invoice_id: str, order_id: str | None) -> None:
        self.stage = stage
        self.invoice_id = invoice_id
        self.order_id = order_id

    def __str__(self) -> str:
        """As the report names it."""
        return f"invoice {self.invoice_id}" if self.order_id is None else f"order {self.order_id} ({self.invoice_id})"

    def due(self) -> Due:
        """What the buyer is asked for now."""
        return self.stage.server.due(self.invoice_id)

    def expires_at(self) -> int:
        """Unix seconds."""
        return int(self.stage.server.invoice(self.invoice_id)["expirationTime"])

    def pay(self, sats: int | None = None, *, replaceable: bool = True) -> str:
        """Pay what is due, or `sats`; returns the txid."""
        due = self.due()
        txid = self.stage.payer.pay(due.destination, due.sats if sats is None else sats, replaceable=replaceable)
        self.stage.note(f"{self}: {due.sats if sats is None else sats} sats of {due.sats} paid, {txid}")
        return txid

    def wait(self, *wanted: str) -> None:
        """Wait until the invoice stands like one of these: "Settled", "Expired (PaidLate)"."""
        self._reach("the invoice", lambda: str(self.stage.server.standing(self.invoice_id)), wanted)

    def wait_order(self, *wanted: str) -> None:
        """Wait until the shop's order has one of these statuses."""
        shop, order_id = self.stage.shop, self.order_id
        if shop is not None and order_id is not None:
            self._reach("the order", lambda: shop.look(order_id).status, wanted)

    def seen(self) -> OrderSeen:
        """The order in the shop. RegtestError where there is none."""
        if self.stage.shop is None or self.order_id is None:
            raise RegtestError(f"{self} has no order in a shop")
        return self.stage.shop.look(self.order_id)

    def stays(self, *wanted: str) -> None:
        """The order has, now that all had its time, one of these statuses."""
        status = self.seen().status
        self.stage.expect(status in wanted, f"{self}: the order is {' or '.join(wanted)} (it is {status})")

    def wait_seen(self) -> None:
        """Wait until server and shop know of a payment in full; a block of somebody else's may come between."""
        self.wait("Processing", "Settled")
        self.wait_order("on-hold", *PAID)

    def wait_payments(self, *statuses: str) -> None:
        """Wait until the payments count like this, in any order: Processing, Settled, Invalid."""

        def counted() -> str:
            return _listed(payment.status for payment in self.stage.server.payments(self.invoice_id))

        self._reach("the list of payments", counted, [_listed(statuses)])

    def settle(self, *wanted: str) -> None:
        """Mine as many blocks as the invoice asks for, and wait until server and shop say that it is paid."""
        self.bury()
        self.wait(*(wanted or ("Settled",)))
        self.wait_order(*PAID)

    def bury(self) -> None:
        """Mine as many blocks as a payment needs to settle; one, where it needs none."""
        policy = self.stage.server.invoice(self.invoice_id)["checkout"]["speedPolicy"]
        self.stage.mine(max(1, CONFIRMATIONS[policy]))

    def _reach(self, what: str, look: Callable[[], str], wanted: Sequence[str]) -> None:
        """Look until it is one of what is wanted. Raises Unexpected with what it is instead."""
        seen = ""

        def reached() -> bool:
            nonlocal seen
            seen = look()
            return seen in wanted

        try:
            wait_until(reached, what, self.stage.patience_seconds)
        except NeverHappened as error:
            after = f"after {self.stage.patience_seconds:g} s"
            raise Unexpected(f"{self}: {what} should be {' or '.join(wanted)}, and is {seen} {after}") from error
        self.stage.note(f"{self}: {what} is {seen}")


def _listed(statuses: Iterable[str]) -> str:
    return ", ".join(sorted(statuses)) or "empty"
