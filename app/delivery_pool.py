"""Threads that deliver. A dead endpoint holds up only itself: tries in one lane, and to one host, are limited.

Many dead ones hold up nobody who answers: together they get half of the threads.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from flask import Flask

from app.clock import Clock
from app.usecases.deliver import Body, Due, Post, due, finish_attempt, record_broken, start_attempt

log = logging.getLogger(__name__)

THREADS = 16
PER_LANE = 4  # tries in flight in one lane: to a webhook, or to a host's IPN targets; one while there are no answers
PER_HOST = 8  # in all its lanes
UNPROVEN = THREADS // 2  # tries in flight to all hosts together that are not known to answer promptly
PROMPT_MS = 5_000
LOOK_AHEAD = 64
MOST_PROMPT = 1_000  # hosts remembered as such, those that answered last; to the others half of the threads is left
MOST_SILENT = 10_000  # lanes remembered as such; clients may name any number of them
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
        self._in_flight: dict[int, Due] = {}
        self._silent: set[str] = set()  # lanes whose last try got no answer
        self._prompt: dict[str, None] = {}  # hosts whose last try was answered promptly, in that order
        self._unrecorded: set[int] = set()  # deliveries that we still claim, since the database failed at the end
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
            self._record_unrecorded()
            while self._give_out():
                pass

    def _give_out(self) -> bool:
        """Lanes and hosts that have all they may have are left out of the look, so that they cannot fill it."""
        with self._changed:
            if len(self._in_flight) >= THREADS:
                return False
            lanes, hosts = self._tries()
            full = [lane for lane, tries in lanes.items() if tries >= self._limit(lane)]
            full += [host for host, tries in hosts.items() if tries >= PER_HOST]
            only = None if self._may_try_unproven() else list(self._prompt)
        given = [item for item in due(self._clock.now(), LOOK_AHEAD, full, only) if self._take(item)]
        for item in given:
            self._jobs.put(item)
        return bool(given)

    def _take(self, item: Due) -> bool:
        with self._changed:
            if item.id in self._in_flight or len(self._in_flight) >= THREADS:
                return False
            lanes, hosts = self._tries()
            if lanes[item.lane] >= self._limit(item.lane) or hosts[item.host] >= PER_HOST:
                return False
            if item.host not in self._prompt and not self._may_try_unproven():
                return False
            self._in_flight[item.id] = item
            return True

    def _tries(self) -> tuple[Counter[str], Counter[str]]:
        """What is in flight, by lane and by host."""
        under_way = self._in_flight.values()
        return Counter(item.lane for item in under_way), Counter(item.host for item in under_way)

    def _may_try_unproven(self) -> bool:
        return sum(item.host not in self._prompt for item in self._in_flight.values()) < UNPROVEN

    def _limit(self, lane: str) -> int:
        return 1 if lane in self._silent else PER_LANE

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
        if not self._guard(lambda: self._try(item)) and not self._guard(lambda: self._record_broken(item.id)):
            with self._changed:
                self._unrecorded.add(item.id)

    def _record_unrecorded(self) -> None:
        """Let go of what could not be let go of before: nobody else may take what a living worker claims."""
        with self._changed:
            waiting, self._unrecorded = self._unrecorded, set()
        lost = {delivery_id for delivery_id in waiting if not self._guard(partial(self._record_broken, delivery_id))}
        with self._changed:
            self._unrecorded |= lost

    def _record_broken(self, delivery_id: int) -> None:
        record_broken(delivery_id, self._worker, self._clock.now(), random.random())  # noqa: S311 - spreads retries

    def _heard_from(self, item: Due, *, answered: bool, prompt: bool) -> None:
        with self._changed:
            self._prompt.pop(item.host, None)
            if prompt:
                self._prompt[item.host] = None
            if len(self._prompt) > MOST_PROMPT:
                del self._prompt[next(iter(self._prompt))]
            if answered or len(self._silent) >= MOST_SILENT:
                self._silent.discard(item.lane)
            else:
                self._silent.add(item.lane)

    def _try(self, item: Due) -> None:
        job = start_attempt(item.id, self._worker, self._body, self._clock.now())
        if job is None:
            return
        answer = self._post(job.url, job.body, job.headers)
        answered = answer.status is not None
        self._heard_from(item, answered=answered, prompt=answered and answer.duration_ms <= PROMPT_MS)
        state = finish_attempt(job, answer, self._clock.now(), random.random())  # noqa: S311 - spreads retries
        log.info("delivery %s to %s: %s, %s", item.id, item.host, answer.status or answer.error, state)
