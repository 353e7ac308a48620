"""JSON whose numbers are exact: a Decimal is written digit by digit and read back as one, never through a float."""

import json
import re
import secrets
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

_MARK = secrets.token_hex(16)  # nobody outside this process can put it into a string
LARGEST_EXPONENT = 400  # nothing that is counted needs more; 1e999999 written out would fill the memory
_MARKED = re.compile(f'"{_MARK}:([^"]*)"')


def dumps(value: object, indent: int | None = None) -> str:
    """`value` as JSON text; a Decimal becomes a number in plain notation (12.34, 50000)."""
    separators = (",", ":") if indent is None else None
    return _MARKED.sub(r"\1", json.dumps(value, indent=indent, separators=separators, default=_marked))


def loads(text: str | bytes) -> Any:
    """JSON text as Python values, numbers with a fraction as Decimal. ValueError when it is not JSON we can use."""
    return json.loads(text, parse_float=_number, parse_constant=_refuse)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent that Decimal itself cannot hold
        _refuse(text)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        _refuse(text)
    return number


def _marked(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return f"{_MARK}:{value:f}"


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no number that we can use")
