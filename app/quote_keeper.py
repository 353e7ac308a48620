"""The worker's hand for rates: ask every source that a store needs, each when it is due."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from flask import Flask

from app.clock import Clock
from app.domain.rates import BidAsk
from app.errors import SattleError
from app.usecases.refresh_rates import sources_wanted, store_quotes

log = logging.getLogger(__name__)

REFRESH_SECONDS = 60
RETRY_SECONDS = 5  # after a failure, doubled with each that follows
LONGEST_RETRY_SECONDS = 300

Guard = Callable[[Callable[[], None]], bool]


class Source(Protocol):
    """Where quotes come from."""

    @property
    def name(self) -> str: ...

    def fetch(self) -> Mapping[str, BidAsk]: ...


class QuoteKeeper:
    """Which source is due when. A source that fails is asked less and less often, and holds up no other for long."""

    def __init__(self, app: Flask, clock: Clock, server_source: str, source_named: Callable[[str], Source]) -> None:
        self._app = app
        self._clock = clock
        self._server_source = server_source
        self._source_named = source_named
        self._not_before: dict[str, float] = {}  # by source: monotonic time
        self._failures: dict[str, int] = {}

    def refresh_due(self, guard: Guard) -> None:
        """Ask the sources that are due. One that a store has chosen just now is due at once."""
        with self._app.app_context():
            wanted = sources_wanted(self._server_source)
        for name in sorted(wanted):
            if self._clock.monotonic() >= self._not_before.get(name, 0) and not guard(partial(self._refresh, name)):
                self._put_off(name)

    def _refresh(self, name: str) -> None:
        try:
            rates = self._source_named(name).fetch()
        except SattleError as trouble:
            log.warning("%s: %s", name, trouble)
            self._put_off(name)
            return
        with self._app.app_context():
            store_quotes(name, rates, self._clock.now())
        self._failures.pop(name, None)
        self._not_before[name] = self._clock.monotonic() + REFRESH_SECONDS

    def _put_off(self, name: str) -> None:
        before = self._failures.get(name, 0)
        self._failures[name] = before + 1
        wait = min(RETRY_SECONDS * 2 ** min(before, 10), LONGEST_RETRY_SECONDS)
        self._not_before[name] = self._clock.monotonic() + wait
