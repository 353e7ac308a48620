"""What the worker's scanning thread does: scans of wallets, one after the other. They take minutes; nobody waits."""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Protocol

from flask import Flask

from app.clock import Clock
from app.db.marks import Marks
from app.domain.scan import Evidence, FoundOutput, first_range, further_range
from app.errors import NodeUnavailable
from app.usecases.record_scan import record_scan, unrecorded
from app.usecases.scan_wallet import ScanJob, give_up, put_off, start_next_scan, tell_progress
from app.usecases.take_address import settle_restores

log = logging.getLogger(__name__)

MARKS_SECONDS = 10
ATTEMPTS = 3  # of a scan that fails for a reason that is not the node's
REFUSED = "refused"  # the state of a node that will not do it, however often it is asked

Guard = Callable[[Callable[[], None]], bool]


class Scanner(Protocol):
    """What the node does for us. Raises NodeUnavailable."""

    def scan(self, descriptor: str, first: int, last: int, on_progress: Callable[[int], None]) -> list[FoundOutput]: ...

    def evidence(self, found: FoundOutput) -> Evidence | None: ...

    def abort(self) -> None: ...


class WalletScanner:
    """`look_at_marks` and `scan_next` are called by one thread, `stop` by any."""

    def __init__(self, app: Flask, clock: Clock, network: str, scanner: Scanner, marks: Marks) -> None:
        self._app = app
        self._clock = clock
        self._network = network
        self._scanner = scanner
        self._marks = marks
        self._failures: Counter[int] = Counter()
        self._marks_due = 0.0  # monotonic

    def look_at_marks(self) -> None:
        """Notice a restored database before the next invoice does; every ten seconds, however often it is called."""
        if Clock.monotonic() < self._marks_due:
            return
        self._marks_due = Clock.monotonic() + MARKS_SECONDS
        with self._app.app_context():
            settle_restores(self._network, self._marks, self._clock.now())

    def scan_next(self, guard: Guard, on_change: Callable[[], None]) -> None:
        """Do the oldest scan that was asked for, if there is one. `on_change` is called when payments came in."""
        with self._app.app_context():
            job = start_next_scan(self._network, self._clock.now())
            if job is not None and not guard(partial(self._do, job, on_change)):
                self._fail(job)

    def stop(self) -> None:
        """End a scan that is under way: it begins again with the next worker."""
        self._scanner.abort()

    def _do(self, job: ScanJob, on_change: Callable[[], None]) -> None:
        try:
            found, last = self._found(job)
            missing = unrecorded(self._network, found)
            evidence = {coin.outpoint: proof for coin in missing if (proof := self._scanner.evidence(coin))}
        except NodeUnavailable as trouble:
            if trouble.state == REFUSED:
                give_up(job.id, str(trouble), self._clock.now())
            else:
                put_off(job.id, str(trouble))
            return
        payments = record_scan(job.id, found, evidence, last, self._clock.now())
        log.info("scan of wallet %s: %s coins, %s new payments", job.wallet_id, len(found), payments)
        if payments:
            on_change()

    def _found(self, job: ScanJob) -> tuple[list[FoundOutput], int]:
        """All coins, and the last index looked at: further than the usual while coins are found near the end."""
        found: list[FoundOutput] = []
        extent: tuple[int, int] | None = first_range(job.next_index)
        while extent is not None:
            first, last = extent
            tell_progress(job.id, last, 0)
            found += self._scanner.scan(job.descriptor, first, last, partial(tell_progress, job.id, last))
            extent = further_range(last, max((coin.address_index for coin in found), default=None))
        return found, last

    def _fail(self, job: ScanJob) -> None:
        self._failures[job.id] += 1
        if self._failures[job.id] < ATTEMPTS:
            put_off(job.id, "it failed and will be tried again")
        else:
            give_up(job.id, "it failed for a reason that is not the node's; the worker's log has it", self._clock.now())
