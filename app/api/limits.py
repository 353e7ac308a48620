"""What no client may exceed, in either dialect."""

from decimal import Decimal

from marshmallow import ValidationError

MOST_BYTES = 5_000
MOST_INDEXED_BYTES = 2_000  # what stands in an index: PostgreSQL takes 2,700
LARGEST_EXPONENT = 30  # far beyond any price; keeps 1e999999 from being written out
MOST_DIGITS = 60  # an amount is written out wherever its invoice is told


def require_storable(text: str, most_bytes: int) -> str:
    """`text` if a database can keep it. ValidationError."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValidationError("it holds characters that are no text")
    if len(text.encode()) > most_bytes:
        raise ValidationError(f"it is longer than {most_bytes} bytes")
    return text


def require_reasonable(number: Decimal) -> Decimal:
    """`number` if it is one that is of use for amounts. ValidationError."""
    if not number.is_finite() or (number and abs(number.adjusted()) > LARGEST_EXPONENT):
        raise ValidationError("it is too large or too small")
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise ValidationError(f"it has more than {MOST_DIGITS} digits")
    return number
