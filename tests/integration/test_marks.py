"""The index never goes back: rollbacks, kills, restores and power cuts, on both engines, with real files."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.models import Prompt, Wallet, WalletScan
from app.errors import BadInput, WalletStopped
from app.usecases.skip_addresses import skip_addresses
from app.usecases.take_address import settle_restores
from regtest.waiting import wait_until
from tests.account_keys import TPUBS
from tests.private_postgresql import Cluster
from tests.till import Till

OpenTill = Callable[..., Till]


class Databases:
    """Where a test's databases live: new ones, and copies of them as a backup makes them."""

    def __init__(self, directory: Path, cluster: Cluster | None) -> None:
        self._directory = directory
        self._cluster = cluster
        self._copies = 0
        self.url = cluster.new_database() if cluster else f"sqlite:///{directory / 'sattle.db'}"

    def copy_of(self, till: Till) -> str:
        """A database that is what the till's is now."""
        till.rest()
        if self._cluster:
            return self._cluster.copy_of(self.url)
        self._copies += 1
        target = self._directory / f"copy-{self._copies}.db"
        with (
            closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as source,
            closing(sqlite3.connect(target)) as new,
        ):
            source.backup(new)
        return f"sqlite:///{target}"


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    return Databases(tmp_path, request.getfixturevalue("postgresql") if request.param == "postgresql" else None)


@pytest.fixture
def open_till(tmp_path: Path, databases: Databases) -> Iterator[OpenTill]:
    opened = []

    def start(data_dir: Path = tmp_path / "data", url: str | None = None) -> Till:
        opened.append(Till(data_dir, url or databases.url))
        return opened[-1]

    yield start
    for till in opened:
        till.rest()


def mark_files(till: Till) -> list[Path]:
    return sorted((till.data_dir / "marks").glob("*"))


def ceiling(till: Till) -> int:
    (path,) = (till.data_dir / "marks").glob("*.mark")
    return int(json.loads(path.read_bytes())["ceiling"])


def restores_noticed(till: Till) -> int:
    wanted = select(WalletScan).where(WalletScan.reason == "restore")
    return till.ask(lambda session: len(session.scalars(wanted).all()))  # type: ignore[return-value]


def test_indexes_follow_each_other_over_restarts(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    assert [till.index(store) for _ in range(25)] == list(range(25))
    again = open_till()
    assert [again.index(store) for _ in range(3)] == [25, 26, 27]
    assert (ceiling(again), restores_noticed(again)) == (40, 0)


def test_the_ceiling_is_above_every_index_before_it_is_given_out(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    for _ in range(45):
        assert till.index(store) < ceiling(till)


def test_a_rolled_back_invoice_costs_no_index(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    for _ in range(30):
        till.failing_invoice(store)
    assert till.index(store) == 0
    for _ in range(19):
        till.index(store)
    for _ in range(30):
        till.failing_invoice(store)
    assert (till.index(store), restores_noticed(till)) == (20, 0)


def test_a_process_that_dies_after_the_commit_costs_no_index(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    indexes = []
    for number in range(50):
        before = [path.read_bytes() for path in mark_files(till) if path.suffix == ".given"]
        indexes.append(till.index(store))
        if number % 3 == 0 and before:  # as if it had died before the exact index was noted
            next((till.data_dir / "marks").glob("*.given")).write_bytes(before[0])
    assert indexes == list(range(50))
    assert restores_noticed(till) == 0


def test_yesterdays_backup_within_a_step_gives_no_address_twice(open_till: OpenTill, databases: Databases) -> None:
    till = open_till()
    store = till.store()
    given = [till.index(store) for _ in range(25)]
    backup = databases.copy_of(till)
    given += [till.index(store) for _ in range(13)]
    restored = open_till(url=backup)
    assert restored.next_index() == 25
    later = [restored.index(store) for _ in range(30)]
    assert later == list(range(40, 70))
    assert not set(given) & set(later)
    assert restores_noticed(restored) == 1


def test_an_old_backup_gives_no_address_twice_even_if_the_exact_index_is_lost(
    open_till: OpenTill, databases: Databases
) -> None:
    till = open_till()
    store = till.store()
    till.index(store)
    backup = databases.copy_of(till)
    for _ in range(44):
        till.index(store)
    next((till.data_dir / "marks").glob("*.given")).write_bytes(b"%020d\n" % 0)
    assert open_till(url=backup).index(store) == 60


def test_a_damaged_exact_index_leaves_the_ceiling_to_decide(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    till.index(store)
    next((till.data_dir / "marks").glob("*.given")).write_bytes(b"")
    assert till.index(store) == 20


def test_a_new_database_with_the_same_key_goes_on_above_the_mark(open_till: OpenTill, databases: Databases) -> None:
    till = open_till()
    store = till.store()
    empty = databases.copy_of(till)
    for _ in range(3):
        till.index(store)
    fresh = open_till(url=empty)
    assert fresh.index(store) == 20


def test_the_worker_notices_a_restore_before_the_next_invoice(open_till: OpenTill, databases: Databases) -> None:
    till = open_till()
    store = till.store()
    till.index(store)
    backup = databases.copy_of(till)
    till.index(store)
    restored = open_till(url=backup)
    for _ in range(2):
        with restored.app.app_context():
            settle_restores("regtest", restored.services.marks, restored.now())
    assert (restored.next_index(), restores_noticed(restored)) == (20, 1)
    assert restored.index(store) == 20


def test_failures_after_a_restore_burn_no_further_steps(open_till: OpenTill, databases: Databases) -> None:
    till = open_till()
    store = till.store()
    till.index(store)
    backup = databases.copy_of(till)
    till.index(store)
    restored = open_till(url=backup)
    for _ in range(5):
        restored.failing_invoice(store)
    assert restored.index(store) == 20


def test_without_its_mark_a_wallet_stops_until_an_operator_says_where_to_go_on(
    open_till: OpenTill, tmp_path: Path
) -> None:
    till = open_till()
    store = till.store()
    for _ in range(3):
        till.index(store)
    shutil.rmtree(till.data_dir / "marks")
    for _ in range(2):
        with pytest.raises(WalletStopped, match=r"missing.*flask wallet skip"):
            till.index(store)
    assert till.next_index() == 3
    assert mark_files(till) == []
    with till.app.app_context():
        skip_addresses(1, 50, till.services.marks)
    assert [till.index(store) for _ in range(2)] == [50, 51]


def test_a_skip_is_remembered_outside_the_database(open_till: OpenTill, databases: Databases) -> None:
    till = open_till()
    store = till.store()
    till.index(store)
    backup = databases.copy_of(till)
    with till.app.app_context():
        skip_addresses(1, 300, till.services.marks)
    assert open_till(url=backup).index(store) == 300


@pytest.mark.parametrize("wrong", [0, 2, -1, 3 + 1_000_001, 2**40])
def test_a_skip_never_goes_back_and_not_out_of_reach(open_till: OpenTill, wrong: int) -> None:
    till = open_till()
    store = till.store()
    for _ in range(3):
        till.index(store)
    with till.app.app_context(), pytest.raises(BadInput, match="never goes back"):
        skip_addresses(1, wrong, till.services.marks)
    assert till.index(store) == 3


def test_another_machine_with_a_data_directory_of_its_own_gives_out_nothing(
    open_till: OpenTill, tmp_path: Path
) -> None:
    here, there = open_till(), open_till(tmp_path / "elsewhere")
    store = here.store()
    assert here.index(store) == 0
    with pytest.raises(WalletStopped):
        there.index(store)
    with there.app.app_context():
        skip_addresses(1, 10, there.services.marks)
    assert there.index(store) == 10
    with pytest.raises(WalletStopped, match="another machine's"):
        here.index(store)


def test_machines_that_share_the_data_directory_take_turns(open_till: OpenTill) -> None:
    here, there = open_till(), open_till()
    store = here.store()
    assert [till.index(store) for till in (here, there) * 30] == list(range(60))


def test_a_wallet_of_before_there_were_marks_goes_on(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    for _ in range(3):
        till.index(store)
    with till.app.app_context():
        from app.db.session import change

        with change() as session:
            session.get_one(Wallet, 1).mark_id = None
    shutil.rmtree(till.data_dir / "marks")
    assert till.index(store) == 3


def test_a_mark_that_cannot_be_read_or_written_stops_the_wallet(open_till: OpenTill) -> None:
    till = open_till()
    store = till.store()
    till.index(store)
    (path,) = (till.data_dir / "marks").glob("*.mark")
    whole = path.read_bytes()
    for damage in (b"", b"{}", whole[:20], b"[1]", b"\xff"):
        path.write_bytes(damage)
        with pytest.raises(WalletStopped, match="cannot be read"):
            till.index(store)
    path.write_bytes(whole)
    assert till.index(store) == 1


def test_threads_and_stores_that_share_a_key_get_every_index_once(open_till: OpenTill) -> None:
    till = open_till()
    stores = [till.store(), till.store(f"wpkh({TPUBS[0]}/<0;1>/*)")]
    found: list[int] = []

    def sell(store: str) -> None:
        found.extend(till.index(store) for _ in range(15))

    threads = [threading.Thread(target=sell, args=(stores[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(120))


SELL = """
import sys
from pathlib import Path
from tests.till import Till
till = Till(Path(sys.argv[1]), sys.argv[2])
print(*(till.index(sys.argv[3]) for _ in range(40)))
till.rest()
"""


def test_processes_get_every_index_once_though_one_is_killed(open_till: OpenTill, databases: Databases) -> None:
    till = open_till()
    store = till.store()
    command = [sys.executable, "-c", SELL, str(till.data_dir), databases.url, store]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    wait_until(lambda: till.next_index() >= 15, "the processes to sell something", timeout_seconds=60)
    processes[0].kill()
    told = [process.communicate()[0].split() for process in processes]
    assert sum(len(indexes) for indexes in told[1:]) == 80
    used = till.ask(lambda session: session.scalars(select(Prompt.address_index)).all())
    assert sorted(used) == list(range(till.next_index()))  # type: ignore[call-overload]
    assert till.index(store) == len(used)  # type: ignore[arg-type]
    assert restores_noticed(till) == 0
