"""How long another process waits for the turn to write: what the worker feels while invoices are made."""

import multiprocessing
import os
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor

from app import create_app
from app.db.session import change

PAUSE_SECONDS = 0.02


class Waiter:
    """Asks for a change every 20 ms from a process of its own, as long as it is told to."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawned, initializer=settle, initargs=(dict(environment),))
        self._pool.submit(waits_ms, 0).result()

    def begin(self, seconds: float) -> "Future[list[float]]":
        """Ask for `seconds`; the result are the waits."""
        return self._pool.submit(waits_ms, seconds)

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


def settle(environment: dict[str, str]) -> None:
    """Make the settings those of the installation that is measured."""
    os.environ.update(environment)


def waits_ms(seconds: float) -> list[float]:
    """Milliseconds from calling `change()` to being inside of it. The application is that of the environment."""
    waits = []
    with create_app().app_context():
        ends = time.perf_counter() + seconds
        while True:
            began = time.perf_counter()
            with change():
                waits.append((time.perf_counter() - began) * 1000)
            if time.perf_counter() >= ends:
                return waits[1:] or waits  # the first one opens the connection
            time.sleep(PAUSE_SECONDS)
