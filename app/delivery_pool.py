"""Threads that deliver: a dead endpoint holds up nobody but itself."""

import logging
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from flask import Flask

from app.clock import Clock
from app.usecases.deliver import Body, Post, due, finish_attempt, start_attempt

log = logging.getLogger(__name__)

THREADS = 16
PER_HOST = 4  # tries in flight to one host
LOOK_AHEAD = 200


class DeliveryPool:
    """Hands due deliveries to threads. `pump` is called by one thread; `wake` by any."""

    def __init__(self, app: Flask, clock: Clock, worker: str, body: Body, post: Post) -> None:
        self._app = app
        self._clock = clock
        self._worker = worker
        self._body = body
        self._post = post
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="deliver")
        self._in_flight: set[int] = set()
        self._hosts: Counter[str] = Counter()
        self._guard = threading.Lock()
        self.awake = threading.Event()

    def wake(self) -> None:
        """There may be something to deliver."""
        self.awake.set()

    def pump(self) -> None:
        """Give every due delivery that is not in flight to a free thread."""
        with self._app.app_context():
            for delivery_id in due(self._clock.now(), LOOK_AHEAD):
                with self._guard:
                    if delivery_id in self._in_flight or len(self._in_flight) >= THREADS:
                        continue
                    self._in_flight.add(delivery_id)
                self._pool.submit(self._deliver, delivery_id)

    def close(self) -> None:
        """Let what is in flight end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _deliver(self, delivery_id: int) -> None:
        try:
            with self._app.app_context():
                self._try(delivery_id)
        finally:
            with self._guard:
                self._in_flight.discard(delivery_id)
            self.wake()

    def _try(self, delivery_id: int) -> None:
        job = start_attempt(delivery_id, self._worker, self._body, self._clock.now())
        if job is None:
            return
        answer = self._post(job.url, job.body, {"Content-Type": "application/json"})
        state = finish_attempt(job, answer, self._clock.now(), random.random())  # noqa: S311 - spreads retries
        outcome = answer.status if answer.status is not None else answer.error
        log.info("delivery %s to %s: %s, %s", delivery_id, urlsplit(job.url).hostname, outcome, state)
