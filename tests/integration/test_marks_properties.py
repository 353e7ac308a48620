"""Whatever happens to database, processes and machine in whatever order, no address index is given out twice."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from app.db.models import Wallet
from app.db.session import change
from app.domain.address_index import STEP
from app.errors import DatabaseRestored
from app.usecases.take_address import TakenAddress, settle_restore, settle_restores, take_address
from tests.till import Refused, Till

numbers = itertools.count(1)


class Counter(RuleBasedStateMachine):
    """One wallet. What the database holds of it is set back as a restore would; the files are the real ones."""

    till: Till

    def __init__(self) -> None:
        super().__init__()
        self.given: set[int] = set()
        self.backups: list[tuple[int, str | None]] = []
        self.on_disk: int | None = 0  # the exact index as a power cut would leave it
        self.lost = False  # a power cut took exact indexes that the disk did not have yet
        self.restored = False
        with self.till.app.app_context(), change() as session:
            row = Wallet(network="regtest", descriptor=f"wallet {next(numbers)}", created_at=self.till.now())
            session.add(row)
            session.flush()
            self.wallet_id, self.descriptor = row.id, row.descriptor

    @property
    def given_file(self) -> Path:
        return self.till.services.marks.of("regtest", self.descriptor).path.with_suffix(".given")

    def row(self) -> tuple[int, str | None]:
        with self.till.app.app_context(), change() as session:
            found = session.get_one(Wallet, self.wallet_id)
            return found.next_index, found.mark_id

    def take(self, *, fail: bool = False) -> TakenAddress | None:
        with self.till.app.app_context():
            try:
                with change() as session:
                    taken = take_address(session, self.wallet_id, self.till.services.marks)
                    index = taken.index
                    if fail:
                        raise Refused
            except DatabaseRestored:
                settle_restore(self.wallet_id, self.till.services.marks, self.till.now())
                return self.take(fail=fail)
            except Refused:
                return None
        assert index not in self.given
        if not self.restored:
            assert index == len(self.given), "an index was burnt without a restore"
        self.given.add(index)
        return taken

    @rule(times=st.integers(1, 25))
    def sell(self, times: int) -> None:
        for _ in range(times):
            taken = self.take()
            assert taken is not None
            taken.note_given()

    @rule()
    def die_after_the_commit(self) -> None:
        """The exact index is not noted; the next one is. A restore in between is the power cut's case, see below."""
        self.take()
        self.sell(1)

    @rule(times=st.integers(1, 3))
    def roll_back(self, times: int) -> None:
        for _ in range(times):
            self.take(fail=True)

    @rule()
    def back_up(self) -> None:
        self.backups.append(self.row())

    @rule()
    def write_files_to_disk(self) -> None:
        """What a power cut took before does not come back by it."""
        self.on_disk = self.exact()

    @precondition(lambda self: self.given_file.exists())
    @rule()
    def cut_the_power(self) -> None:
        """Not noticed would be a restore that nobody has looked at yet when the power goes (ADR 8)."""
        if self.row()[0] < self.exact():
            return
        self.lost = self.lost or self.on_disk != self.exact()
        self.given_file.write_bytes(b"%020d\n" % self.on_disk)

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Not noticed would be a backup of the seconds before a power cut that also took the exact index (ADR 8)."""
        backup = data.draw(st.sampled_from(self.backups))
        if self.lost and backup[0] >= self.exact() and backup[0] >= max(self.given, default=0) + 1 - STEP:
            return
        if self.row()[0] != backup[0]:
            self.restored = True
        with self.till.app.app_context(), change() as session:
            row = session.get_one(Wallet, self.wallet_id)
            row.next_index, row.mark_id = backup

    @rule()
    def let_the_worker_look(self) -> None:
        with self.till.app.app_context():
            settle_restores("regtest", self.till.services.marks, self.till.now())

    def exact(self) -> int:
        return int(self.given_file.read_bytes()) if self.given_file.exists() else 0


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    opened = Till(tmp_path)
    yield opened
    opened.rest()


def test_no_index_is_given_out_twice_and_none_is_burnt_without_a_restore(till: Till) -> None:
    class OfThisTill(Counter):
        pass

    OfThisTill.till = till
    run_state_machine_as_test(
        OfThisTill,
        settings=settings(
            max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
