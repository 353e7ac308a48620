"""What the worker's testing thread does: it sends the test events that people ask for on a webhook's page."""

import logging
import threading
from collections.abc import Callable
from functools import partial

from flask import Flask

from app.clock import Clock
from app.usecases.deliver import Post
from app.usecases.try_webhook import due_tests, finish_test, start_test

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0

Guard = Callable[[Callable[[], None]], bool]


class WebhookTester:
    """Used by one thread of any worker. A test is tried once: who wants to know asks again."""

    def __init__(self, app: Flask, clock: Clock, post: Post) -> None:
        self._app = app
        self._clock = clock
        self._post = post

    def keep(self, stopping: threading.Event, guard: Guard) -> None:
        """Look for tests until the end. In a thread of its own: who is tested may not answer."""
        while not stopping.wait(POLL_SECONDS):
            guard(partial(self.test_due, guard))

    def test_due(self, guard: Guard) -> None:
        """Do those that wait."""
        with self._app.app_context():
            for test_id in due_tests():
                guard(partial(self._test, test_id))

    def _test(self, test_id: int) -> None:
        trial = start_test(test_id, self._clock.now())
        if trial is None:
            return
        answer = self._post(trial.url, trial.body, trial.headers)
        finish_test(trial.id, answer)
        log.info("test %s of a webhook: %s", trial.id, answer.status or answer.error)
