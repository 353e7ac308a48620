"""The store's payment methods as the plugin knows them: asked for, cleaned of what it cannot use, kept for minutes."""

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

KEPT = timedelta(minutes=5)
GATEWAY = "btcpaygf_"
DEFAULT_GATEWAY = f"{GATEWAY}default"


class Methods:
    """A list that is fetched again after five minutes, and each time while it is empty."""

    def __init__(self, fetch: Callable[[], Any], now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._known: list[str] = []
        self._until: datetime | None = None

    def forget(self) -> None:
        """The settings were saved."""
        with self._lock:
            self._known, self._until = [], None

    def ids(self) -> list[str]:
        """The enabled methods, written with underscores: BTC_CHAIN. Raises what fetching raises."""
        with self._lock:
            if not self._known or self._until is None or self._now() >= self._until:
                self._known, self._until = enabled(self._fetch()), self._now() + KEPT
            return list(self._known)


def enabled(answer: object) -> list[str]:
    """The ids of an answer; a wrong type anywhere makes it an empty list, as in the plugin."""
    if not isinstance(answer, list):
        return []
    found = []
    for entry in answer:
        if not isinstance(entry, dict):
            return []
        method, is_enabled = entry.get("paymentMethodId"), entry.get("enabled")
        if not isinstance(method, str) or not isinstance(is_enabled, bool):
            return []
        if is_enabled:
            found.append(re.sub(r"[^A-Za-z0-9_-]", "", method.replace("-", "_")))
    return found


def gateway_of(method: str) -> str:
    """The gateway that sells by one method: btcpaygf_btc_chain."""
    return f"{GATEWAY}{method.lower()}"
