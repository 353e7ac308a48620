"""Kinds of values as Greenfield writes and reads them, for the schemas of all parts (greenfield 1).

Requests take null for "not given" and ignore what they do not know. Answers are made as plain values; their schemas say
how they look.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

from app.api.limits import MOST_BYTES, require_reasonable, require_storable
from app.clock import from_unix
from app.domain.payment_methods import KNOWN, ONCHAIN, payment_method_id

LATEST_UNIX = 253_402_300_799  # the last second that has a four-digit year
YES_NO = {"true": True, "false": False, "1": True, "0": False}

Data = Mapping[str, Any] | None


PLAIN_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"


class Request(Schema):
    """A body or a query. Give `load_default` to what may be missing; `paths` names fields whose error path differs."""

    paths: ClassVar[Mapping[str, str]] = {}

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def without_nulls(self, data: Any, **_: Any) -> Any:
        """null is as good as nothing."""
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data


def _in_request(field: fields.Field[Any]) -> bool:
    """Is it read, not written?"""
    return isinstance(field.root, Request)


class Text(fields.Field[str]):
    """Text that a database can store; not longer than `most_bytes`. A number or a boolean becomes its JSON text."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._most_bytes = most_bytes

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": ["string", "number"] if _in_request(self) else "string"}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        if not isinstance(value, str | int | Decimal):
            raise ValidationError("write it as text")
        text = value if isinstance(value, str) else str(value)
        return require_storable(text, self._most_bytes)


class Number(fields.Field[Decimal | None]):
    """A decimal, read exactly from a JSON number or text; empty text is None. Answers write it as text, or as a
    number where `as_number` is set."""

    def __init__(self, *, as_number: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.as_number = as_number

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        if self.as_number:
            return {"type": "number"}
        if _in_request(self):
            return {"type": ["string", "number"], "format": "decimal"}
        return {"type": "string", "format": "decimal", "pattern": PLAIN_DECIMAL}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> Decimal | None:
        if value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise ValidationError("write it as a number, or as text like 12.50")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else value)
        except InvalidOperation:
            raise ValidationError("it is no number; write it like 12.50") from None
        return require_reasonable(number)


class Whole(fields.Field[int]):
    """A whole number from `least` to `most`, given as a JSON number or as text."""

    def __init__(self, *, least: int = 0, most: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> int:
        number = Number()._deserialize(value, attr, data)
        if number is None or number != number.to_integral_value():
            raise ValidationError("write it as a whole number")
        if not self.least <= number <= self.most:
            raise ValidationError(f"use {self.least} to {self.most}")
        return int(number)


class UnixTime(fields.Field[datetime]):
    """A moment in unix seconds."""

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": "integer", "format": "unix-seconds", "minimum": 0, "maximum": LATEST_UNIX}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> datetime:
        return from_unix(Whole(least=0, most=LATEST_UNIX)._deserialize(value, attr, data, **kwargs))


class YesNo(fields.Field[bool]):
    """A boolean: JSON's own, or true and false as text."""

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": "boolean"}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> bool:
        found = value if isinstance(value, bool) else YES_NO.get(str(value).strip().lower())
        if found is None:
            raise ValidationError("use true or false")
        return found


class Choice(fields.Field[str]):
    """One of some words, in any case."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": "string", "enum": [str(word) for word in self.words]}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        found = next((word for word in self.words if str(value).lower() == word.lower()), None)
        if found is None:
            raise ValidationError(f"use one of {', '.join(self.words)}")
        return found


class PaymentMethod(fields.Field[str]):
    """The id of a payment method in any spelling; one that no server of this kind knows is refused."""

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": "string", "examples": [ONCHAIN]}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        try:
            found = payment_method_id(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found not in KNOWN:
            raise ValidationError(f"use one of {', '.join(KNOWN)}")
        return found


class FreeObject(fields.Field[dict[str, Any]]):
    """A JSON object whose contents are the client's own business."""

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": "object", "additionalProperties": True}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("it is not a JSON object")
        return value
