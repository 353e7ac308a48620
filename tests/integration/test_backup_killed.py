"""Backup, check and restore killed in the middle: nothing is half done, and the same command does it the next time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url

from app.db.models import SpentOutpoint, db
from app.db.session import change
from regtest.waiting import wait_until
from tests.backup_places import NewPlace, Place, places

MANY_ROWS = 60_000  # so many that there is a middle
LOOK_SECONDS = 0.005  # the middle does not last


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewPlace]:
    on_postgresql = (lambda: request.getfixturevalue("postgresql")) if request.param == "postgresql" else None
    with places(tmp_path, on_postgresql) as new:
        yield new


@pytest.fixture
def place(new_place: NewPlace) -> Place:
    """A database that takes a moment to copy."""
    made = new_place()
    made.fill()
    with made.app.app_context(), change() as session:
        rows = [
            {"network": "regtest", "outpoint": n.to_bytes(36, "big"), "txid": f"{n // 2:064x}"}
            for n in range(MANY_ROWS)
        ]
        session.execute(insert(SpentOutpoint), rows)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sattle.backup"


def kill_when(place: Place, begun: Callable[[], object], *command: str | Path) -> None:
    """Start a command as a process of its own and SIGKILL it, alone, when it has `begun`."""
    process = place.program(*command)
    process.start()

    def look() -> bool:
        process.require_alive()
        return bool(begun())

    wait_until(look, f"{command[0]} to be in the middle", every_seconds=LOOK_SECONDS)
    process.kill()


def test_a_killed_backup_leaves_no_file_and_the_next_one_clears_up(place: Place, file: Path) -> None:
    part = file.with_name(file.name + ".part")
    kill_when(place, lambda: part.exists() and any(part.iterdir()), "backup", file)
    assert not file.exists()
    place.told("backup", file)
    assert not part.exists()
    assert place.told("backup", "verify")["good"]


def test_a_killed_check_leaves_nothing_that_the_next_one_does_not_clear(place: Place, file: Path) -> None:
    place.told("backup", file)
    kill_when(place, lambda: begun_aside(place), "backup", "verify", file)
    wait_until(lambda: place.flask("backup", "verify", file).exit_code == 0, "the next check to pass")
    assert not begun_aside(place)


def test_a_restore_killed_at_any_moment_can_be_repeated(place: Place, new_place: NewPlace, file: Path) -> None:
    place.told("backup", file)
    wanted = {name: rows for name, rows in place.rows().items() if name != "backups"}
    for begun in (has_started, has_written):
        fresh = new_place()
        kill_when(fresh, lambda fresh=fresh, begun=begun: begun(fresh, place), "restore", file)
        wait_until(
            lambda fresh=fresh: fresh.flask("restore", file).exit_code == 0 or fresh.rows().get("backups"),
            "the restore to be done",
        )
        restored = fresh.rows()
        assert len(restored.pop("backups")) == 1
        assert restored == wanted
        assert not (fresh.directory / "restore.part").exists()


def test_sigterm_ends_a_check_in_order(place: Place, file: Path) -> None:
    place.told("backup", file)
    process = place.program("backup", "verify", file)
    process.start()
    wait_until(lambda: begun_aside(place), "the check to be in the middle", every_seconds=LOOK_SECONDS)
    process.stop()
    assert process.exit_code == 143
    assert not begun_aside(place)


def begun_aside(place: Place) -> bool:
    """Is there a temporary database?"""
    if place.url.startswith("sqlite"):
        return (place.directory / "verify.part" / "database.db").exists()
    with place.app.app_context(), db.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT datname FROM pg_database").scalars()
        return f"{db.engine.url.database}_sattle_verify" in set(names)


def has_started(fresh: Place, look_from: Place) -> bool:
    return (fresh.directory / "restore.part").exists()


def has_written(fresh: Place, look_from: Place) -> bool:
    """Is the target being written? Looked at without a connection to it, which would be in the way."""
    if fresh.url.startswith("sqlite"):
        return Path(f"{fresh.directory / 'sattle.db'}-journal").exists()
    with look_from.app.app_context(), db.engine.connect() as connection:
        writing = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'COPY%%'"
        return bool(connection.exec_driver_sql(writing, (make_url(fresh.url).database,)).scalar())
