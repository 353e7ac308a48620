"""Moving time, for the product and the node together.

The offset is a number of whole seconds in a file. The product adds it to the machine's time (`SATTLE_TEST_CLOCK` names
the file); the node is told by `setmocktime`. Chosen here, and why:

* Time only goes forward, and offsets add up: a block once mined in the moved time must never lie in the future again.
* `setmocktime` stops the node's clock, so a moved node has to be told the time again and again: by every verb that
  makes the node look at its clock (mine, pay, …) and by the pacemaker, once a second. Node and server thus differ by
  less than two seconds, well within the five that the product takes for a broken clock.
* As long as nobody moved time, the node's clock is left alone.
* A moved node is started with `-mocktime`, since it refuses a chain whose tip lies more than two hours in its future.
* The node moves before the product does: nothing can fall due while the node still lives in the past.
* Moving by more than 336 hours makes the node drop unconfirmed transactions at the next one that comes: as in life.
"""

import contextlib
import importlib.util
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from regtest.errors import RegtestError
from regtest.state import PROJECT_ROOT

if TYPE_CHECKING:
    from app.clock import Clock


def _product_clock(offset_file: Path) -> "Clock":
    """The product's own reader of the time, as a file: importing its package would bring the whole server along."""
    spec = importlib.util.spec_from_file_location("sattle_clock", PROJECT_ROOT / "app" / "clock.py")
    if spec is None or spec.loader is None:
        raise RegtestError(f"there is no app/clock.py in {PROJECT_ROOT}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Clock", module.Clock(offset_file))


class MovableClock:
    """The time that product and node agree on: the machine's plus the offset in `offset_file`."""

    def __init__(self, offset_file: Path) -> None:
        self.offset_file = offset_file
        self._clock = _product_clock(offset_file)

    def now(self) -> datetime:
        """Aware UTC, moved."""
        return self._clock.now()

    def unix(self) -> int:
        """The same in whole seconds since the epoch, as `setmocktime` takes it."""
        return int(self.now().timestamp())

    def offset_seconds(self) -> int:
        """How far time was moved so far."""
        return int(self._clock.offset().total_seconds())

    def advance(self, seconds: int, tell_node: Callable[[int], object]) -> int:
        """Move time forward and return the new offset. `tell_node` gets the node's new unix time first."""
        if seconds < 0:
            raise RegtestError(f"time can only be moved forward, not by {seconds} s")
        offset = self.offset_seconds() + seconds
        tell_node(self.unix() + seconds)
        self._write(offset)
        return offset

    def _write(self, offset: int) -> None:
        """Replace the file in one step: a reader sees the old number or the new one."""
        self.offset_file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.offset_file.with_name(f"{self.offset_file.name}.{os.getpid()}.{threading.get_ident()}")
        fresh.write_text(f"{offset}\n", encoding="ascii")
        fresh.replace(self.offset_file)


class Pacemaker:
    """Tells a moved node the time once a second, from a thread of its own."""

    def __init__(self, keep_time: Callable[[], object], every_seconds: float = 1) -> None:
        self._keep_time = keep_time
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pacemaker", daemon=True)

    def start(self) -> None:
        """Begin; once per object."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the last call to come back."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            with contextlib.suppress(RegtestError):  # a node that is down now is told when it is up again
                self._keep_time()
