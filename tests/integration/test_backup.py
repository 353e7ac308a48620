"""Backups: a consistent copy while others write, which proves itself and goes into an empty place only."""

import os
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.cli.backup import Progress
from app.db.backup.archive import opened_archive
from app.db.backup.workplace import workplace
from app.db.models import db
from app.db.worker_locks import worker_locks
from app.errors import BadInput
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until
from tests.backup_places import NewPlace, Place, change_manifest, places

NOTED = "backups"  # the table that says which backups were made


# What is PostgreSQL's own about it is in test_backup_postgresql.py; the rest is slow there.
@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewPlace]:
    on_postgresql = (lambda: request.getfixturevalue("postgresql")) if request.param == "postgresql" else None
    with places(tmp_path, on_postgresql) as new:
        yield new


@pytest.fixture
def place(new_place: NewPlace) -> Place:
    """A database with five invoices, two of them paid."""
    made = new_place()
    made.fill()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a backup may be written: a directory of its own."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "sattle.backup"


def without_notes(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: found for name, found in rows.items() if name != NOTED}


def left_in(directory: Path) -> set[str]:
    """What lies there, but the database with its locks and the marks of address indexes."""
    return {path.name for path in directory.iterdir() if not path.name.startswith(("sattle.db", "marks"))}


# a good backup


def test_a_restored_backup_holds_every_row_that_was_there(place: Place, new_place: NewPlace, file: Path) -> None:
    before = place.rows()
    place.told("backup", file)
    for _ in range(3):
        place.sell()
    fresh = new_place()
    restored = fresh.told("restore", file)
    assert restored["completed"] is False
    assert without_notes(fresh.rows()) == without_notes(before)
    assert fresh.told("backup", "verify")["file"] == str(file), "what was restored from is a backup that is known"


def test_the_manifest_counts_what_is_in_the_copy(place: Place, file: Path) -> None:
    facts = place.told("backup", file)["manifest"]["facts"]
    assert facts["rows"]["invoices"] == facts["rows"]["events"] == 5
    assert facts["payments"] == {"Processing": {"count": 2, "sats": 40_000}}
    assert facts["wallets"] == {"1": {"next_index": 5, "highest_given": 4, "highest_paid": 3}}
    assert (facts["genesis"], facts["newest_block"]) == (None, None)


def test_a_backup_is_one_file_for_its_owner_that_nothing_overwrites(place: Place, file: Path) -> None:
    usual = os.umask(0)
    try:
        place.told("backup", file)
    finally:
        os.umask(usual)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert left_in(file.parent) == {file.name}
    content = file.read_bytes()
    assert "overwrites nothing" in place.refused("backup", file)
    assert (file.read_bytes(), left_in(file.parent)) == (content, {file.name})


@contextmanager
def sellers_at_work(place: Place) -> Iterator[list[int]]:
    """Three threads that sell without a pause; the list grows with each sale."""
    stopping = threading.Event()
    sold: list[int] = []

    def sell() -> None:
        while not stopping.is_set():
            place.sell(paid_sats=1_000)
            sold.append(1)

    sellers = [threading.Thread(target=sell) for _ in range(3)]
    for seller in sellers:
        seller.start()
    yield sold
    stopping.set()
    for seller in sellers:
        seller.join()


def test_backups_taken_while_others_write_are_consistent(place: Place, file: Path) -> None:
    files = [file.with_name(f"{number}.backup") for number in range(6)]
    taken = []
    with sellers_at_work(place) as sold:
        for each in files:
            before = len(sold)
            taken.append(place.told("backup", each)["manifest"]["facts"])
            wait_until(lambda before=before: len(sold) > before, "a sale")
    for facts in taken:
        rows = facts["rows"]
        assert rows["invoices"] == rows["prompts"] == rows["events"] == facts["wallets"]["1"]["next_index"]
    invoices = [facts["rows"]["invoices"] for facts in taken]
    assert invoices == sorted(set(invoices)), "each copy is newer than the one before"
    for each in files:
        assert place.told("backup", "verify", each)["good"]


def test_verify_takes_the_newest_backup_and_notes_that_it_is_proved(place: Place, file: Path) -> None:
    assert "name the FILE" in place.refused("backup", "verify")
    place.told("backup", file.with_name("older"))
    place.told("backup", file)
    verdict = place.told("backup", "verify")
    assert (verdict["file"], verdict["good"], verdict["setbacks"]) == (str(file), True, [])
    older, newest = place.rows()[NOTED]
    assert (older[-1], newest[-1] != "None") == ("None", True)
    assert left_in(place.directory) == set()


def test_a_backup_is_proved_where_there_is_no_live_database(place: Place, new_place: NewPlace, file: Path) -> None:
    place.told("backup", file)
    elsewhere = new_place()
    verdict = elsewhere.told("backup", "verify", file)
    assert (verdict["proved"], verdict["setbacks"]) == (True, None)
    assert elsewhere.rows() == {}
    assert left_in(elsewhere.directory) == set()


def test_verify_notices_a_live_database_that_has_less(place: Place, new_place: NewPlace, file: Path) -> None:
    place.told("backup", file.with_name("older"))
    place.sell(paid_sats=1)
    place.told("backup", file)
    set_back = new_place()
    set_back.told("restore", file.with_name("older"))
    done = set_back.flask("backup", "verify", file)
    assert done.exit_code == 1
    assert "wallet 1: next index 5 live, 6 in the backup" in done.stdout


def test_a_backup_of_an_older_revision_comes_back_at_the_newest(new_place: NewPlace, file: Path) -> None:
    old = new_place()
    old.fill_first_revision()
    made = old.told("backup", file)
    assert (made["noted"], made["manifest"]["facts"]["revision"]) == (False, "0001")
    assert old.told("backup", "verify", file)["good"]
    fresh = new_place()
    fresh.told("restore", file)
    assert fresh.told("store", "list") == [{"id": "s1", "name": "old"}]
    assert fresh.told("backup", file.with_name("next"))["noted"]


# what cannot be used


def test_a_place_that_is_not_empty_is_left_as_it_is(place: Place, new_place: NewPlace, file: Path) -> None:
    place.told("backup", file)
    other = new_place()
    other.fill(1)
    before = other.rows()
    assert "not empty" in other.refused("restore", file)
    assert other.rows() == before
    assert left_in(other.directory) == set()


def test_tables_without_rows_are_an_empty_place(place: Place, new_place: NewPlace, file: Path) -> None:
    place.told("backup", file)
    fresh = new_place()
    fresh.migrate()
    fresh.told("restore", file)
    assert without_notes(fresh.rows()) == without_notes(place.rows())


def test_no_restore_beside_a_worker(place: Place, new_place: NewPlace, file: Path) -> None:
    """One that began before the database was emptied: none begins on a database without tables."""
    place.told("backup", file)
    fresh = new_place()
    with fresh.app.app_context():
        locks = worker_locks(db.engine, "a worker of before")
        assert locks.leads()
        try:
            assert "stop web and worker" in fresh.refused("restore", file)
        finally:
            locks.release()
    assert not fresh.has_worker()
    assert fresh.rows() == {}


@pytest.mark.parametrize("verb", [["restore"], ["backup", "verify"]])
def test_files_that_are_no_backup_for_here_are_refused_with_a_reason(
    place: Place, new_place: NewPlace, file: Path, verb: list[str]
) -> None:
    place.told("backup", file)
    content = file.read_bytes()
    fresh = new_place()
    wrong = {
        "holds a database of mainnet": {"network": "mainnet"},
        "DATABASE_URL names one of": {"engine": "oracle"},
        "made by a newer Sattle": {"format": 2},
        "which is newer than this": {"facts__revision": "9999", "sattle": "9.9"},
        "its manifest cannot be understood": {"facts__rows": 5},
        "not the one that its manifest describes": {"sha256": "00" * 32},
    }
    for reason, changes in wrong.items():
        file.write_bytes(content)
        change_manifest(file, **changes)
        assert reason in fresh.refused(*verb, file)
    file.write_bytes(b"not a backup at all")
    assert "damaged or cut short" in fresh.refused(*verb, file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    assert "no backup made by Sattle" in fresh.refused(*verb, file)
    file.unlink()
    assert "cannot be read: No such file" in fresh.refused(*verb, file)
    assert fresh.rows() == {}
    assert left_in(fresh.directory) == set()


def test_a_backup_cut_short_anywhere_is_refused(place: Place, new_place: NewPlace, file: Path) -> None:
    place.told("backup", file)
    content = file.read_bytes()
    fresh = new_place()
    for tenth in range(10):
        file.write_bytes(content[: len(content) * tenth // 10])
        assert "damaged or cut short" in fresh.refused("restore", file)
    file.write_bytes(content[:-1])
    assert "damaged or cut short" in fresh.refused("restore", file)
    assert fresh.rows() == {}


def test_a_byte_turned_anywhere_is_refused_or_does_not_matter(place: Place, file: Path) -> None:
    """A ZIP archive has a few bytes that mean nothing to us, such as the time of an entry."""
    place.told("backup", file)
    content = file.read_bytes()
    with opened_archive(file) as archive:
        whole = archive.manifest
    tail = len(content) - 400  # with the manifest's end and all that says where things are
    positions = [*range(100), *range(100, tail, tail // 300), *range(tail, len(content))]
    refused = 0
    for position in positions:
        file.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        try:
            with opened_archive(file) as archive:
                archive.require_whole(lambda *_: None)
                assert archive.manifest == whole
        except BadInput:
            refused += 1
    assert refused > len(positions) * 3 // 4


def test_a_backup_whose_database_is_not_what_the_manifest_says_is_found_out(
    place: Place, new_place: NewPlace, file: Path
) -> None:
    place.told("backup", file)
    change_manifest(file, facts__wallets={"1": {"next_index": 99, "highest_given": 4, "highest_paid": 3}})
    done = place.flask("backup", "verify", file)
    assert done.exit_code == 1
    assert "wallets.1.next_index is 5, the manifest says 99" in done.stdout
    fresh = new_place()
    assert "found wanting: wallets.1.next_index is 5" in fresh.refused("restore", file)
    assert fresh.rows() == {}
    change_manifest(file, facts__wallets={"1": {"next_index": 5, "highest_given": 4, "highest_paid": 3}})
    fresh.told("restore", file)


def test_a_backup_that_cannot_be_written_leaves_nothing(new_place: NewPlace, file: Path) -> None:
    empty = new_place()
    assert "never migrated" in empty.refused("backup", file)
    assert empty.rows() == {}
    empty.fill(1)
    assert "No such file or directory" in empty.refused("backup", file.parent / "nowhere" / "file")
    assert left_in(file.parent) == set()


def test_another_backup_to_the_same_file_is_refused_and_what_a_killed_one_left_is_not(place: Place, file: Path) -> None:
    part = file.with_name(file.name + ".part")
    with workplace(part) as at_work:
        (at_work / "archive").write_bytes(b"half")
        assert "another command works in" in place.refused("backup", file)
        assert (at_work / "archive").read_bytes() == b"half"
    part.mkdir()
    (part / "archive").write_bytes(b"half")
    place.told("backup", file)
    assert left_in(file.parent) == {file.name}


def test_a_full_disk_is_a_sentence_and_leaves_nothing(place: Place, tmp_path: Path) -> None:
    """A file system of sixteen kilobytes, in a mount namespace of its own."""
    small = tmp_path / "small"
    small.mkdir()
    inside = f"mount -t tmpfs -o size=16k tmpfs {small} || exit 77; "
    inside += f"{sys.executable} -m flask --app wsgi backup {small}/file; echo $?; ls -A {small}"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", inside],
        env={**os.environ, **place.environment, "FLASK_SKIP_DOTENV": "1"},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this machine lets nobody mount a small file system")
    assert done.stdout == "1\n"
    (sentence,) = done.stderr.splitlines()
    assert "disk is full" in sentence or "No space left" in sentence


def test_a_large_copy_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    for step, total in (("copying", 450), ("packing", 0)):
        for done in (0, 99, 100, 150, 250, 450):
            progress(step, done * 1_000_000, total * 1_000_000)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        *("copying: 100 of 450 MB", "copying: 250 of 450 MB", "copying: 450 of 450 MB"),
        *("packing: 100 MB", "packing: 250 MB", "packing: 450 MB"),
    ]
