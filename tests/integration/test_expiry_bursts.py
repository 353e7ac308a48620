"""Many windows that end at once: the worker closes them a slice at a time, so that payments do not wait."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.db.models import ChainState, Invoice
from app.db.session import assessing_change
from app.usecases.expire_invoices import BATCH
from app.worker import Worker
from regtest.node import Node
from regtest.waiting import wait_until
from tests.till import Till

BURST = 2 * BATCH + 50


class Rush:
    """A worker that looks at a real node and whose steps the test calls; `BURST` invoices are overdue."""

    def __init__(self, node: Node, directory: Path) -> None:
        self.till = Till(directory, node=node)
        self.stopping = threading.Event()
        self.worker = Worker(self.till.app, self.till.services, self.stopping)
        self.look()
        store = self.till.store()
        for _ in range(BURST):
            self.till.invoice(store)
        with self.till.app.app_context(), assessing_change() as session:
            session.execute(update(Invoice).values(expires_at=self.till.now() - timedelta(seconds=60)))

    def look(self) -> None:
        """Until everything was looked at once more."""
        asked_at = self.till.now()

        def looked() -> bool:
            self.worker.sync()
            observed_at: Any = self.till.ask(lambda session: session.get_one(ChainState, "regtest").observed_at)
            return observed_at is not None and observed_at >= asked_at

        wait_until(looked, "everything to have been looked at")

    def expired(self) -> int:
        found = self.till.ask(lambda session: session.scalar(select(func.count()).where(Invoice.status == "Expired")))
        assert isinstance(found, int)
        return found


@pytest.fixture
def rush(node: Node, tmp_path: Path) -> Iterator[Rush]:
    made = Rush(node, tmp_path / "data")
    yield made
    made.till.rest()


def test_a_burst_of_expiries_is_worked_off_in_slices_and_whole(rush: Rush) -> None:
    rush.look()
    counts = [0]
    while counts[-1] < BURST:
        rush.worker.expire()
        counts.append(rush.expired())
        assert 0 < counts[-1] - counts[-2] <= BATCH, counts
    rush.worker.expire()
    assert rush.expired() == BURST


def test_a_worker_that_is_to_stop_begins_no_further_expiry(rush: Rush) -> None:
    rush.look()
    rush.stopping.set()
    rush.worker.expire()
    assert rush.expired() == 0
