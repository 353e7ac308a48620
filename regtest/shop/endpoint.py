"""How an endpoint of the shop for notifications behaves: as it should, or in one of the ways in which shops fail."""

import threading

MODES = ("ok", "down", "gone", "forbidden", "deaf", "slow", "after_change")
HANGS_SECONDS = 90
"""Longer than anybody waits for an answer to a notification."""

REFUSALS = {"down": 503, "gone": 410, "forbidden": 403, "deaf": 200}
"""What is answered while nothing is done; a cache or a security plugin may even say 200."""


class Endpoint:
    """The present mode, changed by tests while requests wait."""

    def __init__(self) -> None:
        self._mode = "ok"
        self._changed = threading.Condition()

    @property
    def mode(self) -> str:
        """One of MODES."""
        return self._mode

    def set(self, mode: str) -> None:
        """Change the mode; requests that hang are let go. Raises ValueError for one that does not exist."""
        if mode not in MODES:
            raise ValueError(f"mode {mode!r} is none of {', '.join(MODES)}")
        with self._changed:
            self._mode = mode
            self._changed.notify_all()

    def refusal(self) -> int | None:
        """The status with which to refuse a request now, None to handle it; in slow mode only after a long while."""
        with self._changed:
            self._changed.wait_for(lambda: self._mode != "slow", HANGS_SECONDS)
            return REFUSALS.get(self._mode)

    def after(self, status: int) -> int:
        """The status to answer with when the request was handled with this one: PHP may end with an error even then."""
        return 500 if self._mode == "after_change" else status
