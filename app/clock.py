"""The only reader of the time of day.

Everything that compares with a deadline asks a Clock; rules in `app.domain` take the time as an argument. Time-outs are
measured with `monotonic`, which tests never move.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.errors import ConfigError

FARTHEST_SECONDS = 50 * 366 * 24 * 3600  # a test clock's; some years on dates end, and every sum of them


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
        """How far this clock runs ahead of the machine's. A missing file means not at all. ConfigError."""
        if self._offset_file is None:
            return timedelta(0)
        try:
            seconds = int(self._offset_file.read_text(encoding="ascii").strip() or "0")
        except FileNotFoundError:
            return timedelta(0)
        except (OSError, ValueError):
            raise ConfigError(f"SATTLE_TEST_CLOCK={self._offset_file} cannot be read as a number of seconds") from None
        if abs(seconds) > FARTHEST_SECONDS:
            raise ConfigError(f"SATTLE_TEST_CLOCK={self._offset_file} moves time by more than {FARTHEST_SECONDS} s")
        return timedelta(seconds=seconds)

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
