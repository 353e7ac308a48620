"""`wait_until`: the only way in which the harness and the tests wait."""

import inspect
import time
from collections.abc import Callable
from typing import TypeVar

from regtest.errors import NeverHappened

GROWTH = 1.2  # what is waited for is mostly work of this machine: to ask all the time would delay it
LONGEST_SECONDS = 0.2

Seen = TypeVar("Seen")


def wait_until(
    predicate: Callable[[], Seen],
    what: str,
    timeout_seconds: float = 30,
    *,
    every_seconds: float = 0.02,
    ignoring: tuple[type[Exception], ...] = (),
) -> Seen:
    """Call `predicate` until it returns something true, and return that; the pauses begin at `every_seconds` and grow.

    `what` completes the sentence "waited for …". Exceptions of the kinds in `ignoring` count as "not yet". Raises
    NeverHappened with the predicate's own source and the last value or exception after `timeout_seconds`.
    """
    deadline, pause = time.monotonic() + timeout_seconds, every_seconds
    while True:
        last: object
        try:
            seen = predicate()
            if seen:
                return seen
            last = seen
        except ignoring as error:
            last = error
        if time.monotonic() >= deadline:
            raise NeverHappened(
                f"waited {timeout_seconds:g} s for {what}; last seen: {last!r}; predicate: {_source(predicate)}"
            )
        time.sleep(pause)
        pause = min(pause * GROWTH, max(LONGEST_SECONDS, every_seconds))


def _source(predicate: Callable[[], object]) -> str:
    """The predicate as it is written, or its name where there is no source to read."""
    try:
        return " ".join(inspect.getsource(predicate).split())
    except (OSError, TypeError):
        return repr(predicate)
