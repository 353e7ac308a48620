"""What can go wrong with a database, in sentences: no traceback, no password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.errors import NotAllowed, Unavailable

NO_SUCH_TABLE = ("no such table", "no such column")  # as SQLite says it
UNDEFINED = ("42P01", "42703")  # the same on PostgreSQL


@contextmanager
def trouble_named() -> Iterator[None]:
    """Turn an error of the database or of a file into Unavailable."""
    try:
        with database_trouble_named():
            yield
    except OSError as error:
        raise Unavailable(f"{error.filename or 'a file'}: {error.strerror}") from None


@contextmanager
def database_trouble_named() -> Iterator[None]:
    """Turn an error of the database into Unavailable."""
    try:
        yield
    except DBAPIError as error:
        if _was_never_migrated(error.orig):
            raise Unavailable("the database lacks tables of this version; run `flask db upgrade`") from None
        raise Unavailable(f"the database refuses: {_first_line(error.orig)}") from None
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise Unavailable(f"the database refuses: {_first_line(error)}") from None


def never_migrated() -> NotAllowed:
    """There is nothing to copy."""
    return NotAllowed("the database is none of Sattle's or was never migrated: there is nothing to back up")


def _was_never_migrated(error: BaseException | None) -> bool:
    return getattr(error, "sqlstate", None) in UNDEFINED or str(error).startswith(NO_SUCH_TABLE)


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
