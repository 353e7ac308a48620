"""A story's facts as JSON and back: for recordings that are played without a database."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from app.domain.story.facts import StoryFacts


def as_json(facts: StoryFacts) -> dict[str, Any]:
    """Times are ISO 8601, amounts are texts; what is as usual is left out."""
    written: dict[str, Any] = _written(facts)
    return written


def from_json(recorded: Mapping[str, Any]) -> StoryFacts:
    """The facts again. KeyError, TypeError or ValueError when it is no recording of ours."""
    facts: StoryFacts = _read(StoryFacts, recorded)
    return facts


def _written(value: Any) -> Any:
    if is_dataclass(value):
        named = {each.name: getattr(value, each.name) for each in fields(value)}
        usual = {each.name: each.default for each in fields(value)}
        return {name: _written(part) for name, part in named.items() if part != usual[name]}
    if isinstance(value, tuple):
        return [_written(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value


LEAVES: Mapping[Any, Callable[[Any], Any]] = {datetime: datetime.fromisoformat, Decimal: Decimal}


def _read(kind: Any, value: Any) -> Any:
    if get_origin(kind) is UnionType:
        return None if value is None else _read(next(one for one in get_args(kind) if one is not type(None)), value)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], part) for part in value or ())
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _read(hints[name], value[name]) for name in hints if name in value})  # type: ignore[operator]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return LEAVES[kind](value) if kind in LEAVES else value
