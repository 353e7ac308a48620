"""How answers of rate sources are read: numbers exactly as they are written, and what cannot be read by name."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from app.rates.http import SourceFailed


@contextmanager
def told_if_unreadable(source: str) -> Iterator[None]:
    """What an answer lacks is a SourceFailed of the source."""
    try:
        yield
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, InvalidOperation, RecursionError) as error:
        raise SourceFailed(f"{source}'s answer cannot be read: {type(error).__name__}") from None


def document(body: bytes) -> Any:
    """The JSON of an answer; no number in it becomes a float."""
    return json.loads(body, parse_float=Decimal)


def number(written: Any) -> Decimal:
    """A number, written as one or as text. InvalidOperation, TypeError, ValueError."""
    if isinstance(written, bool) or not isinstance(written, str | int | Decimal):
        raise TypeError("no number")
    return Decimal(written)
