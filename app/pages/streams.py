"""Who watches which invoice: the open streams of this process, and the one poller that rings them.

A stream holds a thread and nothing else: the poller alone asks the database, one question an interval, however many
streams there are, and none while there are none. It says "look" and no more; what there is to see the page asks for.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from app.clock import Clock
from app.db.queries_events import News
from app.domain.invoice import Status
from app.errors import Unavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 20.0  # tells proxies that the line is alive, and us that the buyer is not
LONGEST_SECONDS = 300.0  # then the page connects anew
RETRY_MILLISECONDS = 2000
OF_ONE_ADDRESS = 6
OVERLAP = 64  # newest events that are read once more: on PostgreSQL, ids may be committed out of turn
TERMINAL = frozenset({Status.SETTLED.value, Status.EXPIRED.value, Status.INVALID.value})

LOOK = "data: look\n\n"
END = "event: end\ndata: look\n\n"
HEARTBEAT = ": still here\n\n"
RETRY = f"retry: {RETRY_MILLISECONDS}\n\n"

Read = Callable[[int | None], Sequence[News]]
"""The events after an id and the height of the chain, or what is newest when there is no id yet. Unavailable."""


class Stream:
    """One buyer's line. `is_gone` says whether the buyer has hung up: a server learns it else by speaking in vain."""

    def __init__(self, invoice_id: str, who: str, is_gone: Callable[[], bool]) -> None:
        self.invoice_id = invoice_id
        self.who = who
        self.is_gone = is_gone
        self._rung = threading.Event()
        self._is_over = False
        self._is_dropped = False

    def ring(self, *, is_over: bool = False) -> None:
        """Something happened; nothing more can when it `is_over`."""
        self._is_over = self._is_over or is_over
        self._rung.set()

    def drop(self) -> None:
        """Let go of the line; the page may come again."""
        self._is_dropped = True
        self._rung.set()

    def told(self) -> Iterator[str]:
        """What goes over the line until it ends."""
        ends = Clock.monotonic() + LONGEST_SECONDS
        yield RETRY + LOOK
        while (left := ends - Clock.monotonic()) > 0:
            rung = self._rung.wait(min(HEARTBEAT_SECONDS, left))
            if rung:
                self._rung.clear()
            if self._is_dropped:
                return
            yield END if self._is_over else LOOK if rung else HEARTBEAT
            if self._is_over:
                return


class Streams:
    """The open streams: at most `most` of them, and OF_ONE_ADDRESS of one address."""

    def __init__(self, read: Read, most: int) -> None:
        self._read = read
        self._most = most
        self._of_one = OF_ONE_ADDRESS
        self._stopping: Callable[[], bool] = lambda: False
        self._lock = threading.Lock()
        self._open: set[Stream] = set()
        self._poller: threading.Thread | None = None
        self._pause = threading.Event()
        self._is_stopped = False

    def share(self, processes: int, threads: int, stopping: Callable[[], bool]) -> None:
        """Be one of so many processes, with so many threads each: at most half of them are streams.

        When the process is `stopping`, the streams end at once.
        """
        self._most = min(self._most // processes, threads // 2)
        self._of_one = max(self._of_one // processes, 1)
        self._stopping = stopping

    def open(self, invoice_id: str, who: str, is_gone: Callable[[], bool] = lambda: False) -> Stream | None:
        """A line for `who` (an address group); None when there is no room for it. It must be closed."""
        stream = Stream(invoice_id, who, is_gone)
        with self._lock:
            held = Counter(other.who for other in self._open)
            if self._is_stopped or len(self._open) >= self._most or held[who] >= self._of_one:
                return None
            self._open.add(stream)
            if self._poller is None:
                self._poller = threading.Thread(target=self._poll, name="checkout-streams", daemon=True)
                self._poller.start()
        return stream

    def close(self, stream: Stream) -> None:
        """Give its place to somebody else. May be called twice."""
        with self._lock:
            self._open.discard(stream)

    def drop_all(self) -> None:
        """End all streams: the process ends."""
        for stream in self._held():
            stream.drop()

    def stop(self) -> None:
        """End all streams for good and wait for the poller: what it reads from may be closed then."""
        with self._lock:
            self._is_stopped, poller = True, self._poller
        self.drop_all()
        self._pause.set()
        if poller is not None:
            poller.join()

    @property
    def count(self) -> int:
        """How many there are now."""
        return len(self._open)

    def _held(self) -> list[Stream]:
        with self._lock:
            return list(self._open)

    def _poll(self) -> None:
        """Ring until nobody listens. Should it break, the next stream starts another one."""
        seen = _Seen()
        try:
            while self._is_wanted():
                if self._stopping():
                    self.drop_all()
                else:
                    self._drop_the_gone()
                    self._ring(seen)
                self._pause.wait(POLL_SECONDS)
        finally:
            with self._lock:
                self._poller = None if self._poller is threading.current_thread() else self._poller

    def _is_wanted(self) -> bool:
        with self._lock:
            if self._is_stopped or not self._open:
                self._poller = None
            return self._poller is not None

    def _drop_the_gone(self) -> None:
        for stream in self._held():
            if stream.is_gone():
                stream.drop()

    def _ring(self, seen: "_Seen") -> None:
        try:
            rows = self._read(seen.after)
        except Unavailable as trouble:
            log.warning("checkout streams: %s", trouble)
            return
        concerns_all, fresh = seen.take(rows)
        status = {news.invoice_id: news.status for news in fresh}
        for stream in self._held():
            if concerns_all or stream.invoice_id in status:
                stream.ring(is_over=status.get(stream.invoice_id) in TERMINAL)


class _Seen:
    """What the poller knows already."""

    def __init__(self) -> None:
        self.after: int | None = None
        self._ids: set[int] = set()
        self._height = -1

    def take(self, rows: Sequence[News]) -> tuple[bool, list[News]]:
        """Whether all must look (a new block, or nobody knows what was missed), and the events that are new."""
        is_first = self.after is None
        height = max((news.event_id for news in rows if not news.invoice_id), default=0)
        fresh = [news for news in rows if news.invoice_id and news.event_id not in self._ids]
        newest = max([*self._ids, *(news.event_id for news in fresh)], default=0)
        self.after = max(newest - OVERLAP, 0)
        self._ids = {known for known in self._ids if known > self.after} | {news.event_id for news in fresh}
        moved, self._height = height != self._height, height
        return is_first or moved, fresh
