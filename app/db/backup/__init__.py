"""Copies of the database: how each engine gives a consistent one while others write, and takes it back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine as Engine

from app.db.backup.archive import Archive, Sink, Told
from app.db.backup.sqlite_copies import SqliteCopies
from app.domain.backup import Facts

Prove = Callable[[Engine], None]


class Copies(Protocol):
    """How one engine is copied. What goes wrong on purpose is a SattleError; nothing is left behind then.

    `place` is an empty directory to work in; `told` hears how far it is.
    """

    engine_name: str
    compressed: bool  # is a copy compressed by itself?

    def version(self) -> str:
        """Of the engine; for PostgreSQL the server's major number."""

    def write(self, sink: Sink, place: Path, network: str, told: Told) -> Facts:
        """Write a consistent copy to `sink`; returns what is counted in exactly this copy."""

    def opened(self, archive: Archive, place: Path, told: Told) -> AbstractContextManager[Engine]:
        """The database of a backup, restored into a temporary one that is gone afterwards."""

    def is_empty(self) -> bool:
        """Does the target hold no tables, or none with a row?"""

    def restore(self, archive: Archive, place: Path, prove: Prove, told: Told) -> None:
        """Put the database of a backup into the empty target; `prove` raises when it is not good."""


def copies_of(engine: Engine) -> Copies:
    """How the database of `engine` is copied."""
    if engine.dialect.name == "sqlite":
        return SqliteCopies(engine)
    from app.db.backup.postgresql_copies import PostgresCopies  # noqa: PLC0415 - its driver is no burden to the others

    return PostgresCopies(engine)
