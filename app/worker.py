"""The worker process: watch the chain, deliver, keep the schedule. Signals are doorbells; any step may run any time."""

import logging
import signal
import threading
from collections.abc import Callable
from functools import partial

from flask import Flask

from app.bridge_keeper import BridgeKeeper
from app.clock import Clock
from app.db.models import db
from app.db.worker_locks import worker_locks
from app.delivery_pool import DeliveryPool
from app.domain.ids import new_id
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable, SattleError
from app.quote_keeper import QuoteKeeper
from app.services import Heard, Services
from app.shop_keeper import ShopKeeper
from app.usecases.claim_order import release_dead_orders
from app.usecases.deliver import release_dead
from app.usecases.expire_invoices import expire_invoice, is_any_overdue, ready_to_expire
from app.usecases.prune_deliveries import prune_deliveries
from app.usecases.supersede_overtaken import supersede_overtaken
from app.usecases.watch_node import advance_rescan, pending_rescan, store_fee_rate, store_node_state
from app.webhook_tester import WebhookTester

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
EXPIRY_SECONDS = 1.0
RETRY_SECONDS = 1.0
SETTLE_SECONDS = 0.25  # what the node has announced arrives in this time
LOCK_SECONDS = 5
SYNC_SECONDS = 15
RATES_POLL_SECONDS = 2.0
FEES_SECONDS = 300
SLICE_SECONDS = 0.2  # of what takes long: payments that are announced meanwhile do not wait for its end
DELIVERY_POLL_SECONDS = 1.0
OVERTAKEN_SECONDS = 30
PRUNE_SECONDS = 6 * 3600
SCAN_POLL_SECONDS = 1.0
FAR_BEHIND = 6  # blocks: catching up is a state of its own from here on


def run(app: Flask) -> None:
    """Work until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    Worker(app, app.extensions["sattle"], stopping).run()


class Worker:
    """The steps of the worker, and when each is due. On PostgreSQL one worker leads, and all deliver."""

    def __init__(self, app: Flask, services: Services, stopping: threading.Event) -> None:
        name = new_id(12)
        self._app = app
        self._services = services
        self._stopping = stopping
        self._network = services.settings.network
        self._node_state = NodeState.UNKNOWN
        self._node_message = ""
        self._told_again = 0.0
        self._leading = False
        self._offset = services.clock.offset()
        self._not_before: dict[str, float] = {}  # step: monotonic time at which it is due
        with app.app_context():
            self._locks = worker_locks(db.engine, name)
        self._deliveries = DeliveryPool(app, services.clock, name, services.delivery_body, services.door.post, guard)
        self._signals = services.signals()
        self._explorer = services.explorer(app, self._deliveries.wake, stopping.is_set, self._tell_progress)
        self._scans = services.wallet_scanner(app)
        self._psbts = services.psbt_proposer(app)
        self._tests = WebhookTester(app, services.clock, services.door.post)
        desk = partial(services.bridge_desk, wake=self._deliveries.wake)
        self._bridge = BridgeKeeper(app, services.clock, name, desk)
        self._shops = ShopKeeper(app, services)
        self._quotes = QuoteKeeper(app, services.clock, services.settings.rate_source, services.source_named)

    def run(self) -> None:
        """The loop: transactions as they are announced, the rest when it is due."""
        if not self._may_start():
            return
        self._signals.start()
        self._deliveries.start()
        keep_testing = partial(self._tests.keep, self._stopping, guard)
        threading.Thread(target=keep_testing, name="keep_testing", daemon=True).start()
        self._bridge.start(self._stopping, lambda: self._leading, guard)
        keep_shops = partial(self._shops.keep, self._stopping, guard)
        threading.Thread(target=keep_shops, name="keep_shops", daemon=True).start()
        for keep in (self._keep_delivering, self._keep_quoting, self._keep_scanning, self._keep_proposing):
            threading.Thread(target=keep, name=keep.__name__, daemon=True).start()
        log.info("worker started on %s", self._network)
        while not self._stopping.is_set():
            self._follow_test_clock()
            self._every(LOCK_SECONDS, self.look_at_locks)
            if self._leading:
                self._every(SYNC_SECONDS, self.sync)
                self._every(FEES_SECONDS, self.refresh_fee_rate)
                self._every(EXPIRY_SECONDS, self.expire)
                self._every(RETRY_SECONDS, self.rescan)
                self._every(OVERTAKEN_SECONDS, self.supersede)
                self._every(PRUNE_SECONDS, self.prune)
            self._answer_signals()
        self._signals.stop()
        self._scans.stop()
        self._deliveries.close()
        log.info("worker stopped")

    @property
    def _ready(self) -> bool:
        return self._node_state.in_step

    def look_at_locks(self) -> None:
        """Lead if nobody does; deliver what dead workers left."""
        led, self._leading = self._leading, self._locks.leads()
        if self._leading and not led:
            self._explorer.forget()
            self._not_before.pop("sync", None)
        with self._app.app_context():
            release_dead(self._locks.is_dead)
            release_dead_orders(self._locks.is_dead)

    def sync(self) -> None:
        """Follow chain and mempool; a node that cannot answer is a named state, not an error."""
        complete = False
        try:
            with self._app.app_context():
                complete = self._explorer.sync()
        except NodeUnavailable as trouble:
            self._tell_node_state(NodeState(trouble.state), str(trouble), None)
        else:
            self._tell_node_state(*self._explorer.state())
            self._not_before.pop("expire", None)  # what waited for this look need not wait longer
        if not complete:
            again = SETTLE_SECONDS if self._explorer.is_settling else RETRY_SECONDS
            self._not_before["sync"] = Clock.monotonic() + again

    def expire(self) -> None:
        """Close windows that have passed, a slice at a time, once the chain was looked at past their end."""
        ends, now = Clock.monotonic() + SLICE_SECONDS, self._services.clock.now
        with self._app.app_context():
            if not (self._ready and is_any_overdue(now())):
                return
            found = ready_to_expire(self._network, now())
            if not found:
                self.sync()
                found = ready_to_expire(self._network, now())
            for invoice_id in found:
                if Clock.monotonic() >= ends or self._stopping.is_set():
                    break
                if expire_invoice(invoice_id, self._network, now()):
                    self._deliveries.wake()
        self._not_before["expire"] = 0 if found else Clock.monotonic() + RETRY_SECONDS

    def supersede(self) -> None:
        """Let "settled" pass where "processing" has failed for an hour."""
        with self._app.app_context():
            if supersede_overtaken(self._services.clock.now()):
                self._deliveries.wake()

    def prune(self) -> None:
        """Forget old bodies of webhooks, a batch at a time: payments do not wait for it."""
        with self._app.app_context():
            if prune_deliveries(self._services.clock.now()):
                self._not_before["prune"] = 0

    def refresh_fee_rate(self) -> None:
        """Ask the node what a payment costs now."""
        if not self._ready:
            return
        rate = self._services.rpc.fee_rate_sat_per_vbyte()
        if rate is not None:
            with self._app.app_context():
                store_fee_rate(self._network, rate)

    def rescan(self) -> None:
        """Read old blocks again where an operator asked for it, a slice at a time: payments do not wait for it."""
        with self._app.app_context():
            wanted = pending_rescan(self._network) if self._ready else None
            if wanted is None:
                return
            ends = Clock.monotonic() + SLICE_SECONDS
            height = wanted.start
            while height in wanted and Clock.monotonic() < ends:
                self._explorer.reread(height)
                height += 1
            advance_rescan(self._network, height)
        self._not_before["rescan"] = 0

    def _may_start(self) -> bool:
        """SQLite has one worker; another one waits for its turn."""
        self._leading = self._locks.leads()
        if self._services.settings.is_sqlite and not self._leading:
            log.warning("another worker runs on this SQLite database; waiting until it ends")
            while not self._leading and not self._stopping.wait(TICK_SECONDS):
                self._leading = self._locks.leads()
            return self._leading
        return True

    def _answer_signals(self) -> None:
        """Wait a tick for signals. What is announced is looked at now; a bell makes the next sync due now."""
        heard = self._signals.take(TICK_SECONDS, self._explorer.node)
        if not (self._ready and self._leading):
            self._explorer.forget()
        elif heard is None:
            guard(self._explorer.idle)
        elif not guard(partial(self._hear, heard)):
            self._not_before.pop("sync", None)
        if heard is not None and (heard.rang or heard.lost):
            self._not_before.pop("sync", None)

    def _hear(self, heard: Heard) -> None:
        with self._app.app_context():
            self._explorer.hear(heard)

    def _follow_test_clock(self) -> None:
        """Where time was moved, everything is due."""
        offset = self._services.clock.offset()
        if offset != self._offset:
            self._offset = offset
            self._not_before.clear()
            self._explorer.hurry()
            self._deliveries.wake()

    def _keep_delivering(self) -> None:
        while not self._stopping.is_set():
            self._deliveries.awake.clear()
            guard(self._deliveries.pump)
            self._deliveries.awake.wait(DELIVERY_POLL_SECONDS)

    def _keep_quoting(self) -> None:
        """In a thread of its own: a slow exchange must not delay a payment."""
        while not self._stopping.is_set():
            if self._leading:
                guard(partial(self._quotes.refresh_due, guard))
            self._stopping.wait(RATES_POLL_SECONDS if self._leading else RETRY_SECONDS)

    def _keep_scanning(self) -> None:
        """In a thread of its own: a scan takes the node minutes."""
        while not self._stopping.is_set():
            if self._leading:
                guard(self._scans.look_at_marks)
            if self._leading and self._ready:
                guard(partial(self._scans.scan_next, guard, self._deliveries.wake))
            self._stopping.wait(SCAN_POLL_SECONDS)

    def _keep_proposing(self) -> None:
        """In a thread of its own: a wallet may be large and slow."""
        while not self._stopping.is_set():
            if self._leading and self._ready:
                guard(partial(self._psbts.propose_due, guard))
            self._stopping.wait(SCAN_POLL_SECONDS)

    def _every(self, seconds: float, step: Callable[[], None]) -> None:
        name = step.__name__
        if Clock.monotonic() < self._not_before.get(name, 0):
            return
        self._not_before[name] = Clock.monotonic() + seconds
        if not guard(step):
            self._not_before[name] = Clock.monotonic() + RETRY_SECONDS

    def _tell_progress(self, height: int, of: int) -> None:
        if of - height >= FAR_BEHIND:
            self._tell_node_state(NodeState.CATCHING_UP, f"reading block {height} of {of}", of)

    def _tell_node_state(self, state: NodeState, message: str, node_height: int | None) -> None:
        """What is new is stored at once; figures within a state that goes on, now and then."""
        if state is self._node_state and (message == self._node_message or Clock.monotonic() < self._told_again):
            return
        if state is not self._node_state:
            log.log(logging.INFO if state.in_step else logging.WARNING, "node %s: %s", state, message)
        self._node_state, self._node_message = state, message
        self._told_again = Clock.monotonic() + RETRY_SECONDS
        with self._app.app_context():
            store_node_state(self._network, state.value, message, node_height)


def guard(step: Callable[[], None]) -> bool:
    """Run a step. What it raises is logged, and the loop goes on: the step will run again. True when it went well."""
    try:
        step()
    except SattleError as trouble:
        log.warning("%s", trouble)
    except Exception:  # the one place beside Flask's error handler
        log.exception("a step of the worker failed and will be tried again")
    else:
        return True
    return False
