"""Threads that deliver. A dead endpoint holds up nobody but itself: tries in flight to one host are limited."""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from queue import SimpleQueue

from flask import Flask

from app.clock import Clock
from app.usecases.deliver import Body, Due, Post, due, finish_attempt, record_broken, start_attempt

log = logging.getLogger(__name__)

THREADS = 16
PER_HOST = 4  # tries in flight to one host; one while it gives no answers
LOOK_AHEAD = 64
LAST_CALL_SECONDS = 3  # what is in flight when the worker stops; a claim left behind is released at the next start

Guard = Callable[[Callable[[], None]], bool]


class DeliveryPool:
    """Hands due deliveries to threads. `pump` is called by one thread, `wake` by any."""

    def __init__(self, app: Flask, clock: Clock, worker: str, body: Body, post: Post, guard: Guard) -> None:
        self._app = app
        self._clock = clock
        self._worker = worker
        self._body = body
        self._post = post
        self._guard = guard
        self._jobs: SimpleQueue[Due | None] = SimpleQueue()
        self._in_flight: dict[int, str] = {}  # delivery id: host
        self._silent: set[str] = set()  # hosts whose last try got no answer
        self._changed = threading.Condition()
        self.awake = threading.Event()

    def start(self) -> None:
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"deliver-{number}", daemon=True).start()

    def close(self) -> None:
        """Let what is in flight end, for a moment."""
        for _ in range(THREADS):
            self._jobs.put(None)
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight, LAST_CALL_SECONDS)

    def wake(self) -> None:
        """There may be something to deliver."""
        self.awake.set()

    def pump(self) -> None:
        """Give due deliveries to free threads until there are none of either."""
        with self._app.app_context():
            while self._give_out():
                pass

    def _give_out(self) -> bool:
        """Hosts that have all they may have are left out of the look, so that they cannot fill it."""
        with self._changed:
            if len(self._in_flight) >= THREADS:
                return False
            full = [host for host, tries in Counter(self._in_flight.values()).items() if tries >= self._limit(host)]
        given = [item for item in due(self._clock.now(), LOOK_AHEAD, full) if self._take(item)]
        for item in given:
            self._jobs.put(item)
        return bool(given)

    def _take(self, item: Due) -> bool:
        with self._changed:
            tries = Counter(self._in_flight.values())[item.host]
            if item.id in self._in_flight or tries >= self._limit(item.host) or len(self._in_flight) >= THREADS:
                return False
            self._in_flight[item.id] = item.host
            return True

    def _limit(self, host: str) -> int:
        return 1 if host in self._silent else PER_HOST

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            try:
                with self._app.app_context():
                    self._deliver(item)
            finally:
                with self._changed:
                    del self._in_flight[item.id]
                    self._changed.notify_all()
                self.wake()

    def _deliver(self, item: Due) -> None:
        if not self._guard(lambda: self._try(item)):
            self._guard(lambda: record_broken(item.id, self._clock.now(), random.random()))  # noqa: S311 - spreads retries

    def _try(self, item: Due) -> None:
        job = start_attempt(item.id, self._worker, self._body, self._clock.now())
        if job is None:
            return
        answer = self._post(job.url, job.body, {})
        with self._changed:
            (self._silent.add if answer.status is None else self._silent.discard)(item.host)
        state = finish_attempt(job, answer, self._clock.now(), random.random())  # noqa: S311 - spreads retries
        log.info("delivery %s to %s: %s, %s", item.id, item.host, answer.status or answer.error, state)
