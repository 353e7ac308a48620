"""Where things are measured: a Sattle around a node of its own, on a database with so many open invoices."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from flask import Flask

from app import create_app
from app.chain.derivation import Destination
from app.chain.explorer import Explorer
from app.db.models import Payment, db
from app.db.queries import reading, stored_tip
from app.services import Services
from app.settings import Settings
from app.usecases.add_wallet import add_wallet
from app.usecases.create_invoice import NewInvoice, create_and_tell
from app.usecases.create_store import create_store
from bench.chain.coins import PAID_SATS, Coins
from regtest.installation import Installation
from regtest.node import Node
from regtest.processes import Process
from regtest.proxy.rpc_proxy import RpcProxy
from regtest.waiting import wait_until

ACCOUNT_KEY = (
    "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B"
)
OPEN_FOR = timedelta(days=300)
PRICE_BTC = Decimal(PAID_SATS) / 100_000_000
MOST_PAID = 6_000  # open invoices of a filled database whose addresses a wallet really gives out
START_SECONDS = 300


@dataclass(frozen=True)
class NewDestination:
    """An invoice just made: its id, its store, and the script that pays it."""

    invoice_id: str
    store_id: str
    script_pubkey: bytes


class Product:
    """The product in this process, with the settings of an installation."""

    def __init__(self, installation: Installation) -> None:
        self.app: Flask = create_app(
            Settings.from_environment({**installation.environment(), "SATTLE_LOG_LEVEL": "ERROR"})
        )
        self.services: Services = self.app.extensions["sattle"]

    def explorer(self) -> Explorer:
        """The explorer as the worker has it, just started."""
        return self.services.explorer(self.app, lambda: None, lambda: False, lambda _height, _of: None)

    def new_store(self) -> str:
        """A store with a wallet; returns its id."""
        now = self.services.clock.now()
        derivation = self.services.account_key(ACCOUNT_KEY, None)
        with self.app.app_context():
            store_id = create_store("bench", now)
            add_wallet(store_id, derivation.descriptor, "regtest", now)
        return store_id

    def new_invoice(self, store_id: str) -> NewDestination:
        """One more open invoice, by the product's own means."""
        now = self.services.clock.now()
        wanted = NewInvoice(store_id, PRICE_BTC, "BTC", expires_at=now + OPEN_FOR)
        with self.app.app_context():
            return create_and_tell(
                wanted,
                self.services.surroundings(),
                now,
                lambda row: NewDestination(row.id, store_id, row.prompts[0].script_pubkey or b""),
            )

    def destinations(self, first: int, count: int) -> list[Destination]:
        """What the store's wallet gives out at these address indexes."""
        descriptor = self.services.account_key(ACCOUNT_KEY, None).descriptor
        return [self.services.derive(descriptor, index) for index in range(first, first + count)]

    def recorded(self) -> int:
        """How many payments are in the database."""
        with self.app.app_context():
            return reading().query(Payment).count()

    def tip_hash(self) -> str | None:
        """The block we stand on, None before chain and mempool were looked at as a whole."""
        with self.app.app_context():
            tip = stored_tip(reading(), "regtest")
            return tip.hash if tip else None

    def disconnect(self) -> None:
        """Close all connections to the database."""
        with self.app.app_context():
            db.engine.dispose()


@dataclass
class Place:
    """A Sattle, and the node and the buyers around it. The worker is a process of its own, not started yet."""

    database: str
    node: Node
    installation: Installation
    rpc: RpcProxy
    product: Product
    store_id: str
    invoices: int

    @cached_property
    def coins(self) -> Coins:
        """What the buyers spend."""
        return Coins(self.node)

    def scripts(self, count: int) -> list[bytes]:
        """What pays the first `count` of the open invoices."""
        most = min(self.invoices, MOST_PAID)
        if count > most:
            raise RuntimeError(
                f"{count} invoices are to be paid, and {most} can be; ask for more invoices or less else"
            )
        return [destination.script_pubkey for destination in self.product.destinations(1, count)]

    def require_recorded(self, count: int) -> None:
        """Figures of what went wrong are worth nothing."""
        if self.product.recorded() != count:
            raise RuntimeError(f"{self.product.recorded()} payments were recorded, not {count}")

    @cached_property
    def worker(self) -> Process:
        """The worker's program."""
        return self.installation.worker()

    @contextmanager
    def working(self) -> Iterator[int]:
        """Run the worker; it is in step with the node when the block begins. Gives its pid."""
        self.worker.start()
        try:
            self.wait_for_worker()
            yield self.worker.pid or 0
        finally:
            self.worker.stop()

    def wait_for_worker(self) -> None:
        """Return when the worker stands on the node's tip and has looked at the mempool."""

        def is_in_step() -> bool:
            self.worker.require_alive()
            return self.product.tip_hash() == self.node.tip()

        wait_until(is_in_step, "the worker to be in step with the node", START_SECONDS)
