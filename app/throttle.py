"""Anonymous invoice creation, slowed down: a few a minute from one address."""

import threading
from collections import OrderedDict

from app.errors import SattleError

ALLOWED = 10
WINDOW_SECONDS = 60.0
REMEMBERED = 10_000  # addresses; the longest silent one is forgotten first


class TooMany(SattleError):
    """Too many requests from this address; wait a minute."""


class Throttle:
    """At most `allowed` in any `window_seconds`, by key. Each process counts for itself."""

    def __init__(self, allowed: int = ALLOWED, window_seconds: float = WINDOW_SECONDS) -> None:
        self._allowed = allowed
        self._window = window_seconds
        self._seen: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, key: str, now: float) -> None:
        """One more from `key` at monotonic time `now`. Raises TooMany."""
        with self._lock:
            recent = [moment for moment in self._seen.pop(key, []) if moment > now - self._window]
            self._seen[key] = recent
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            if len(recent) >= self._allowed:
                raise TooMany("Too many invoices from this address; wait a minute")
            recent.append(now)
