"""The only reader of the time of day.

Everything that compares with a deadline asks a Clock; rules in `app.domain` take the time as an argument. Time-outs are
measured with `monotonic`, which tests never move.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """UTC now, shifted by the seconds written in `offset_file` (regtest only, so that no test waits for an expiry)."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return self.machine_now() + self.offset()

    @staticmethod
    def machine_now() -> datetime:
        """The machine's own time, which tests never move: for comparing it with another machine's."""
        return datetime.now(UTC)

    def offset(self) -> timedelta:
        """How far this clock runs ahead of the machine's. A missing file means not at all."""
        if self._offset_file is None:
            return timedelta(0)
        try:
            text = self._offset_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return timedelta(0)
        return timedelta(seconds=int(text or "0"))

    @staticmethod
    def monotonic() -> float:
        """Seconds from an arbitrary start that never jump: for time-outs and measurements."""
        return time.monotonic()


def from_unix(seconds: int) -> datetime:
    """An aware UTC time from unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch, as the BitPay dialect writes times."""
    return int(moment.timestamp() * 1000)
