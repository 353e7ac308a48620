"""What can go wrong with a database while it is copied, in sentences: no traceback, no password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.errors import NotAllowed, Unavailable


@contextmanager
def trouble_named() -> Iterator[None]:
    """Turn an error of the database or of a file into Unavailable."""
    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"the database refuses: {_first_line(error.orig)}") from None
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise Unavailable(f"the database refuses: {_first_line(error)}") from None
    except OSError as error:
        raise Unavailable(f"{error.filename or 'a file'}: {error.strerror}") from None


def never_migrated() -> NotAllowed:
    """There is nothing to copy."""
    return NotAllowed("the database is none of Sattle's or was never migrated: there is nothing to back up")


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
