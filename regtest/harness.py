"""The library for tests: Sattle and a shop as real processes around a node, and verbs to use and to hurt them.

with Harness(node, tmp_path) as sattle:
    order = sattle.order(price="12.50")
    sattle.worker.kill()
    sattle.pay(order)
    sattle.worker.start()
    wait_until(lambda: sattle.shop.look(order)["status"] == "processing", "the shop to see the payment")
    sattle.advance(900)
"""

import itertools
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from regtest.errors import RegtestError
from regtest.installation import Installation, wait_for_http
from regtest.merchant import Merchant
from regtest.node import Node
from regtest.ports import free_port
from regtest.processes import Process
from regtest.storefront import Order, Storefront
from regtest.targets import read_target

Plugin = Literal["bitpay", "greenfield"]
"""The shop's two plugins."""

LAST_WORDS_LINES = 30

_numbers = itertools.count(1)


@dataclass(frozen=True)
class NewStore:
    """A store as a test gets it: Sattle's id for it, its name, the wallet that its money goes to, a key to it."""

    id: str
    name: str
    merchant: Merchant
    api_key: str


class Harness:
    """Web and worker on free ports with a database of their own; stores and shops as they are asked for.

    `database_url` is SQLite in `directory` unless given; `settings` are further SATTLE_* variables. `web`, `worker` and
    each shop are `Process`es: start, stop, kill (SIGKILL), restart. Several harnesses may share one node.
    """

    def __init__(
        self,
        node: Node,
        directory: Path,
        *,
        database_url: str | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.node = node
        self.installation = Installation(
            node=node,
            directory=directory / "data",
            web_port=free_port(),
            log_dir=directory / "logs",
            database_url=database_url,
            settings=settings or {},
        )
        self.web = self.installation.web()
        self.worker = self.installation.worker()
        self.shops: list[Process] = []
        self._codes: dict[str, str] = {}  # of stores made here, by name, until their first shop uses it

    def __enter__(self) -> "Harness":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def server(self) -> str:
        """The server's address, without a slash at the end."""
        return self.installation.server

    def start(self) -> None:
        """Make the database, start web and worker, and return when the server answers."""
        self.installation.migrate()
        self.worker.start()
        self.start_web()

    def start_web(self) -> None:
        """Start the server again and return when it answers."""
        self.web.start()
        wait_for_http(self.web, self.server)

    def stop(self) -> None:
        """Stop everything this harness started; the node is not its own."""
        for process in (*self.shops, self.web, self.worker):
            process.stop()

    def new_store(self, name: str | None = None, **terms: str) -> NewStore:
        """A fresh store with a fresh wallet. `terms` are those of `flask store create`: speed_policy="LowSpeed", …"""
        name = name or f"store-{next(_numbers)}-{self.installation.web_port}"
        merchant = Merchant(self.node, name)
        made = self.installation.create_store(name, merchant.account_key(), terms)
        self._codes[name] = made.pairing_code
        return NewStore(made.id, name, merchant, made.api_key)

    def new_shop(self, store: NewStore | str, plugin: Plugin = "bitpay") -> tuple[Process, Storefront]:
        """A stand-in shop connected with the store by one of its plugins: the running process, a way to speak to it."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        store_id = store if isinstance(store, str) else store.id
        if plugin == "bitpay":
            code = self._codes.pop(store.name, None) if isinstance(store, NewStore) else None
            shop = self.installation.shop(f"shop-{port}", port, code or self.installation.pairing_code(store_id))
        else:
            key = store.api_key if isinstance(store, NewStore) else self.installation.api_key(store_id)
            shop = self.installation.shop(f"shop-{port}", port, api_key=key)
        self.shops.append(shop)
        shop.start()
        wait_for_http(shop, url)
        return shop, Storefront(url)

    # The usual case: one store and one shop

    @cached_property
    def store(self) -> NewStore:
        """The store of a test that needs one only; made at first use."""
        return self.new_store()

    @cached_property
    def shop(self) -> Storefront:
        """The shop of `store`; started and paired at first use. Its process is the first of `shops`."""
        return self.new_shop(self.store)[1]

    def order(self, price: Decimal | str = "10.00", currency: str = "EUR", **overrides: object) -> Order:
        """Buy something in `shop`."""
        return self.shop.order(price, currency, **overrides)

    def pay(self, order: Order, sats: int | None = None) -> str:
        """Pay what the order's checkout page asks for, or `sats`; returns the txid."""
        asked = read_target(order.url)
        amount = asked.due_sats if sats is None else sats
        if not amount:
            raise RegtestError(f"nothing remains due at {order.url}; to pay all the same, say how much")
        return self.node.payer.pay(asked.destination, amount)

    def destination(self, order: Order) -> str:
        """The address that the order's checkout page shows."""
        return read_target(order.url).destination

    def invoice(self, order: Order | str) -> dict[str, Any]:
        """All that Sattle knows: `invoice`, `payments`, `events`, `deliveries`, as `flask invoice show` prints them."""
        shown: dict[str, Any] = self.installation.flask_json(
            "invoice", "show", order if isinstance(order, str) else order.invoice_id
        )
        return shown

    def last_words(self, lines: int = LAST_WORDS_LINES) -> dict[str, str]:
        """The end of each program's log by the program's name: what to look at when a test failed."""
        return {process.name: process.log_tail(lines) for process in (self.web, self.worker, *self.shops)}

    def advance(self, seconds: int) -> int:
        """Move time forward for node, web, worker and shops at once; returns the offset in all."""
        self._codes.clear()  # they do not live long
        return self.node.advance(seconds)
