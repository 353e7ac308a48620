"""JSON as PHP writes it: compact, slashes and non-ASCII letters escaped; numbers may be Decimals."""

import json
from collections.abc import Mapping
from decimal import Decimal


def encode(fields: Mapping[str, object]) -> str:
    """One JSON object. A Decimal at the top level becomes a JSON number with just its own digits."""
    return "{" + ",".join(f"{_text(name)}:{_text(value)}" for name, value in fields.items()) + "}"


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    # A slash occurs inside JSON strings only, so replacing it in the whole text escapes exactly those.
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def dumps(value: object) -> str:
    """Any JSON value without Decimals."""
    return _text(value)
