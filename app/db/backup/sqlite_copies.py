"""Copies of a SQLite database: VACUUM INTO reads one snapshot while others write, and leaves deleted data out."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine

from app.db.backup.archive import CHUNK_BYTES, Archive, Sink, Told
from app.db.backup.facts import facts_of, is_empty
from app.db.lock import WriteLock
from app.db.session import opened_engine
from app.db.trouble import never_migrated
from app.domain.backup import Facts

INSTRUCTIONS = 100_000  # of SQLite's machine between two looks at how far it is
PAGES = 4_096  # written between two looks


class SqliteCopies:
    """How the file at the engine's URL is copied and restored."""

    engine_name = "sqlite"
    compressed = False

    def __init__(self, engine: Engine) -> None:
        self._path = Path(engine.url.database or "sattle.db").absolute()

    def version(self) -> str:
        return sqlite3.sqlite_version

    def write(self, sink: Sink, place: Path, network: str, told: Told) -> Facts:
        """Write a copy of the database to `sink`; returns what is counted in the copy."""
        copy = place / "copy.db"
        self._vacuum_into(copy, told)
        with opened_engine(_url(copy)) as engine, engine.connect() as connection:
            facts = facts_of(connection, network)
        if facts is None:
            raise never_migrated()
        size = copy.stat().st_size
        with copy.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                sink.write(chunk)
                told("packing", sink.size, size)
        return facts

    @contextmanager
    def opened(self, archive: Archive, place: Path, told: Told) -> Iterator[Engine]:
        """The database of a backup, in a temporary file."""
        path = place / "database.db"
        with path.open("wb") as file:
            for chunk in archive.chunks("unpacking", told):
                file.write(chunk)
        _require_sound(path, archive)
        with opened_engine(_url(path)) as engine:
            yield engine

    def is_empty(self) -> bool:
        """Does the target hold no rows?"""
        if not self._path.exists():
            return True
        with opened_engine(_url(self._path)) as engine, engine.connect() as connection:
            return is_empty(connection)

    def restore(self, archive: Archive, place: Path, prove: Callable[[Engine], None], told: Told) -> None:
        """Put the database of a backup into the empty target, all of it or nothing.

        It is unpacked aside and proved there first; then SQLite writes it into the target in one transaction.
        """
        with self.opened(archive, place, told) as engine:
            prove(engine)
            aside = Path(engine.url.database or "")
        with (
            WriteLock(self._path)(),
            closing(sqlite3.connect(aside)) as source,
            closing(sqlite3.connect(self._path)) as target,
        ):
            [[page_bytes]] = source.execute("PRAGMA page_size")
            source.backup(target, pages=PAGES, progress=_pages(told, page_bytes))

    def _vacuum_into(self, copy: Path, told: Told) -> None:
        if not self._path.exists():
            raise never_migrated()
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            [[pages]] = connection.execute("PRAGMA page_count")
            [[page_bytes]] = connection.execute("PRAGMA page_size")

            def look() -> int:
                told("copying", copy.stat().st_size if copy.exists() else 0, pages * page_bytes)
                return 0

            connection.set_progress_handler(look, INSTRUCTIONS)
            connection.execute("VACUUM INTO ?", (str(copy),))


def _require_sound(path: Path, archive: Archive) -> None:
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
        found += [f"a row of {row[0]} points nowhere" for row in connection.execute("PRAGMA foreign_key_check")][:3]
    if found:
        raise archive.refused(f"the database in it is not sound ({'; '.join(found)}); use another backup")


def _pages(told: Told, page_bytes: int) -> Callable[[int, int, int], None]:
    return lambda _status, remaining, total: told("writing", (total - remaining) * page_bytes, total * page_bytes)


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))
