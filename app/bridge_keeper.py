"""What the worker's bridge threads do: keep the orders of each connected shop in step with their invoices."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Flask

from app.clock import Clock
from app.db.queries import reading
from app.db.queries_bridge import connected_stores
from app.db.queries_shops import shop_of
from app.domain.bridge_times import POLL
from app.errors import NotFound
from app.sealing import CannotUnseal
from app.services import Desk, ShopTrouble, carry_out, look_at_due, poll
from app.usecases.raise_silence import raise_silence
from app.usecases.record_shop_health import shop_failed
from app.usecases.watch_order import watch_past

log = logging.getLogger(__name__)

THREADS = 4  # shops that are looked at at once: a slow one holds up itself and at most a few
TICK_SECONDS = 1.0  # between looks for work: the threads take turns, so that four cost what one would
SEALED = "sealed"  # the trouble that its key does not open
MOST_AT_ONCE = 20  # lists of a hundred orders, before the shop is polled again

Guard = Callable[[Callable[[], None]], bool]
Desks = Callable[[str, str], Desk]
"""The desk for a store and a name to claim orders under. NotFound when the store is not connected."""


class BridgeKeeper:
    """Used by threads of the leading worker; no store is worked on by two of them."""

    def __init__(self, app: Flask, clock: Clock, worker: str, desks: Desks) -> None:
        self._app = app
        self._clock = clock
        self._worker = worker
        self._desks = desks
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._polled: dict[str, datetime] = {}  # when each shop was asked for changes last
        self._known: set[str] = set()  # stores whose earlier invoices have been gone through

    def start(self, stopping: threading.Event, leads: Callable[[], bool], guard: Guard) -> None:
        """Work until the end, in threads of its own: a shop may be slow."""
        for number in range(THREADS):
            args = (number, stopping, leads, guard)
            threading.Thread(target=self.keep, args=args, name=f"bridge-{number}", daemon=True).start()

    def keep(self, number: int, stopping: threading.Event, leads: Callable[[], bool], guard: Guard) -> None:
        """Work until the end, while this worker leads. Run by each of the threads."""
        stopping.wait(number * TICK_SECONDS)
        while not stopping.wait(THREADS * TICK_SECONDS):
            if leads():
                guard(partial(self.tick, guard))

    def tick(self, guard: Guard) -> None:
        """See to every shop that no other thread is busy with."""
        with self._app.app_context():
            session = reading()
            stores = connected_stores(session)
            session.rollback()
            self._known &= set(stores)  # who is connected again has invoices that nobody watched meanwhile
            for store_id in stores:
                if self._take(store_id):
                    try:
                        guard(partial(self._see_to, store_id))
                    finally:
                        self._give_back(store_id)

    def _see_to(self, store_id: str) -> None:
        session = reading()
        session.rollback()
        shop = shop_of(session, store_id)
        wait_until = None if shop is None else shop.next_try_at
        session.rollback()
        if wait_until is not None and self._clock.now() < wait_until:
            return
        try:
            desk = self._desks(store_id, self._worker)
        except NotFound:  # disconnected a moment ago
            return
        except CannotUnseal as trouble:
            self._failed(store_id, SEALED, str(trouble), None)
            return
        try:
            self._work(store_id, desk)
        except ShopTrouble as trouble:
            self._failed(store_id, trouble.kind.value, trouble.says, trouble.retry_after)

    def _failed(self, store_id: str, kind: str, says: str, retry_after: int | None) -> None:
        log.warning("the shop of store %s: %s", store_id, says)
        shop_failed(store_id, kind, says, self._clock.now(), retry_after)
        raise_silence(store_id, says, self._clock.now())

    def _work(self, store_id: str, desk: Desk) -> None:
        if store_id not in self._known:
            found = watch_past(store_id, self._clock.now())
            self._known.add(store_id)
            log.info("store %s is connected to its shop; %s earlier orders are watched from now on", store_id, found)
        if self._is_poll_due(store_id) or desk.terms.failing_since is not None:
            self._polled[store_id] = self._clock.now()
            poll(desk)
        for asked in desk.ledger.asked():
            carry_out(desk, asked)
        for _ in range(MOST_AT_ONCE):
            if not look_at_due(desk).looked:
                break

    def _is_poll_due(self, store_id: str) -> bool:
        last = self._polled.get(store_id)
        return last is None or not last <= self._clock.now() < last + POLL

    def _take(self, store_id: str) -> bool:
        with self._lock:
            if store_id in self._busy:
                return False
            self._busy.add(store_id)
            return True

    def _give_back(self, store_id: str) -> None:
        with self._lock:
            self._busy.discard(store_id)
