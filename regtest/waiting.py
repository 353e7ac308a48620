"""`wait_until`: the only way in which the harness and the tests wait."""

import inspect
import time
from collections.abc import Callable
from typing import TypeVar

from regtest.errors import NeverHappened

GROWTH = 1.2  # what is waited for is mostly work of this machine: to ask all the time would delay it
SHORTEST_SECONDS, LONGEST_SECONDS = 0.02, 0.2

Seen = TypeVar("Seen")


def wait_until(
    predicate: Callable[[], Seen],
    what: str,
    timeout_seconds: float = 30,
    *,
    every_seconds: float | None = None,
    ignoring: tuple[type[Exception], ...] = (),
) -> Seen:
    """Call `predicate` until it returns something true, and return that.

    It is called `every_seconds`; where nobody says so soon at first, then less and less often.
    `what` completes the sentence "waited for …". Exceptions of the kinds in `ignoring` count as "not yet". Raises
    NeverHappened with the predicate's own source and the last value or exception after `timeout_seconds`.
    """
    deadline, pause = time.monotonic() + timeout_seconds, every_seconds or SHORTEST_SECONDS
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
        pause = every_seconds or min(pause * GROWTH, LONGEST_SECONDS)


def _source(predicate: Callable[[], object]) -> str:
    """The predicate as it is written, or its name where there is no source to read."""
    try:
        return " ".join(inspect.getsource(predicate).split())
    except (OSError, TypeError):
        return repr(predicate)
