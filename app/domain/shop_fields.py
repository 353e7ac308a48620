"""Reading a shop's JSON field by field: each refusal names the field, the value and what a shop should have said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.errors import BadInput

REMEDY = "a WooCommerce shop of version 7 or newer answers with"


@dataclass(frozen=True)
class Body:
    """A JSON object of an answer, and the name under which its fields are complained about."""

    name: str
    value: Any

    def __post_init__(self) -> None:
        if not isinstance(self.value, Mapping):
            raise BadInput(self.name, self.value, f"{REMEDY} an object")

    def name_of(self, field: str) -> str:
        return f"{self.name}.{field}"

    def get(self, field: str) -> Any:
        return self.value.get(field)

    def text(self, field: str) -> str:
        value = self.get(field)
        if not isinstance(value, str):
            raise BadInput(self.name_of(field), value, f"{REMEDY} a text")
        return value

    def truth(self, field: str) -> bool:
        value = self.get(field)
        if not isinstance(value, bool):
            raise BadInput(self.name_of(field), value, f"{REMEDY} true or false")
        return value

    def list(self, field: str) -> list[Any]:
        value = self.get(field)
        if not isinstance(value, list):
            raise BadInput(self.name_of(field), value, f"{REMEDY} a list")
        return value

    def whole(self, field: str) -> int:
        return whole(self.name_of(field), self.get(field))

    def money(self, field: str) -> Decimal:
        return money(self.name_of(field), self.get(field))

    def moment(self, field: str) -> datetime:
        return moment(self.name_of(field), self.get(field))

    def moment_or_none(self, field: str) -> datetime | None:
        return None if self.get(field) is None else self.moment(field)


def whole(name: str, value: Any) -> int:
    """A whole number of 0 or more. BadInput."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise BadInput(name, value, f"{REMEDY} a whole number")
    return value


def money(name: str, value: Any) -> Decimal:
    """An exact number, given as text or as a whole number; a float has lost digits already. BadInput."""
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > 40:
        raise BadInput(name, value, f"{REMEDY} a number like 12.34")
    return number


def moment(name: str, value: Any) -> datetime:
    """A `…_gmt` field: UTC without saying so. What we wrote ourselves says so. BadInput."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise BadInput(name, value, f"{REMEDY} a time like 2026-11-23T02:12:19, in UTC")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
