"""The worker process: watch the chain, deliver, keep the schedule. Signals are doorbells; every step may run any time."""

import fcntl
import logging
import os
import signal
import threading
from collections.abc import Callable
from queue import Empty

from flask import Flask

from app.chain.explorer import Explorer
from app.chain.signals import Signals
from app.clock import Clock
from app.delivery_pool import DeliveryPool
from app.domain.ids import new_id
from app.errors import ConfigError, NodeUnavailable, SattleError
from app.services import Services
from app.usecases.deliver import release
from app.usecases.expire_invoices import expire_invoice, overdue
from app.usecases.refresh_rates import store_rates
from app.usecases.watch_node import store_fee_rate, store_node_state

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
SYNC_SECONDS = 15
RATES_SECONDS = 60
FEES_SECONDS = 300
DELIVERY_POLL_SECONDS = 1.0


def run(app: Flask) -> None:
    """Work until SIGTERM or SIGINT."""
    services: Services = app.extensions["sattle"]
    _lock_database(services)
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    Worker(app, services, stopping).run()


class Worker:
    """The steps of the worker, and when each is due."""

    def __init__(self, app: Flask, services: Services, stopping: threading.Event) -> None:
        self._app = app
        self._services = services
        self._stopping = stopping
        self._network = services.settings.network
        self._node_state = ""
        self._due_at: dict[str, float] = {}
        self._deliveries = DeliveryPool(app, services.clock, new_id(8), services.delivery_body, services.door.post)
        self._signals: Signals = services.signals()
        self._explorer: Explorer = services.explorer(app, self._deliveries.wake)

    def run(self) -> None:
        """The loop: transactions as they are announced, the rest when it is due."""
        with self._app.app_context():
            release()
        self._signals.start()
        threading.Thread(target=self._keep_delivering, name="deliveries", daemon=True).start()
        log.info("worker started on %s", self._network)
        while not self._stopping.is_set():
            self._every(RATES_SECONDS, self.refresh_rates)
            self._every(SYNC_SECONDS, self.sync)
            self._every(FEES_SECONDS, self.refresh_fee_rate)
            guard(self.expire)
            self._answer_the_bell()
        self._signals.stop()
        self._deliveries.close()
        log.info("worker stopped")

    def sync(self) -> None:
        """Follow chain and mempool; a node that cannot answer is a named state, not an error."""
        try:
            self._explorer.sync()
        except NodeUnavailable as trouble:
            self._tell_node_state(trouble.state, str(trouble))
        else:
            self._tell_node_state("ready", "the node answers and is in step")

    def expire(self) -> None:
        """Close windows that have passed, after looking at the chain once more."""
        now = self._services.clock.now()
        with self._app.app_context():
            found = overdue(now)
            if not found:
                return
            self.sync()
            happened = [expire_invoice(invoice_id, self._network, self._services.clock.now()) for invoice_id in found]
        if any(happened):
            self._deliveries.wake()

    def refresh_rates(self) -> None:
        """Ask the rate source."""
        source = self._services.rate_source()
        try:
            rates = source.fetch()
        except SattleError as trouble:
            log.warning("%s: %s", source.name, trouble)
            return
        with self._app.app_context():
            store_rates(source.name, rates, self._services.clock.now())

    def refresh_fee_rate(self) -> None:
        """Ask the node what a payment costs now."""
        if self._node_state != "ready":
            return
        rate = self._services.rpc().fee_rate_sat_per_vbyte()
        if rate is not None:
            with self._app.app_context():
                store_fee_rate(self._network, rate)

    def _answer_the_bell(self) -> None:
        """Wait a tick for a signal: a transaction is looked at now, a bell makes the next sync due now."""
        try:
            raw = self._signals.get(TICK_SECONDS)
        except Empty:
            return
        if raw is None:
            self._due_at.pop("sync", None)
        elif self._node_state == "ready":
            guard(lambda: self._explorer.see_transaction(raw))

    def _keep_delivering(self) -> None:
        while not self._stopping.is_set():
            self._deliveries.awake.wait(DELIVERY_POLL_SECONDS)
            self._deliveries.awake.clear()
            guard(self._deliveries.pump)

    def _every(self, seconds: float, step: Callable[[], None]) -> None:
        if Clock.monotonic() >= self._due_at.get(step.__name__, 0):
            self._due_at[step.__name__] = Clock.monotonic() + seconds
            guard(step)

    def _tell_node_state(self, state: str, message: str) -> None:
        if state == self._node_state:
            return
        self._node_state = state
        log.log(logging.INFO if state == "ready" else logging.WARNING, "node %s: %s", state, message)
        with self._app.app_context():
            store_node_state(self._network, state, message)


def guard(step: Callable[[], None]) -> None:
    """Run a step; what it raises is logged and the loop goes on, since the step will run again."""
    try:
        step()
    except NodeUnavailable as trouble:
        log.warning("node %s: %s", trouble.state, trouble)
    except Exception:  # noqa: BLE001 - the one place beside Flask's error handler
        log.exception("a step of the worker failed and will be tried again")


def _lock_database(services: Services) -> None:
    """One worker per SQLite database. The kernel frees the lock when the process ends, however it ends."""
    if not services.settings.is_sqlite:
        return
    descriptor = os.open(services.settings.data_dir / "worker.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigError("another worker runs on this SQLite database; one is enough, PostgreSQL takes more") from None
