"""Forms with more than a field or two: each field is read by a rule, and what cannot be used is told at the field.

Nothing that was typed is lost: a form that is refused is shown again as it was sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import BadInput

Read = Callable[[str], Any]


@dataclass(frozen=True)
class Field:
    """A field: `read` makes a value of its text (BadInput, whose remedy is shown), `write` a text of a value.

    `kind`: text, number, area, choice, switch (a box to tick, "1" when it is), secret.
    """

    name: str
    label: str
    read: Read
    write: Callable[[Any], str] = str
    kind: str = "text"
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    unit: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class Filled:
    """A form as it stands: texts by field, and by field what is wrong with its text."""

    fields: Sequence[Field]
    texts: Mapping[str, str]
    troubles: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        return not self.troubles


def filled(fields: Iterable[Field], values: Mapping[str, Any]) -> Filled:
    """The form with the values that are stored."""
    listed = list(fields)
    return Filled(listed, {field.name: field.write(values[field.name]) for field in listed}, {})


def sent(fields: Iterable[Field], form: Mapping[str, str]) -> tuple[Filled, dict[str, Any]]:
    """The form as it was sent, and the values of those fields that can be used."""
    listed, values, troubles = list(fields), {}, {}
    texts = {field.name: form.get(field.name, "") for field in listed}
    for field in listed:
        text = texts[field.name].strip()
        try:
            if field.is_required and not text:
                raise BadInput(field.name, text, "fill this in")
            values[field.name] = field.read(text)
        except BadInput as trouble:
            troubles[field.name] = told(trouble)
    return Filled(listed, texts, troubles), values


def told(trouble: BadInput) -> str:
    """A sentence: what cannot be used, and what could."""
    value = str(trouble.value)
    said = f"“{value[:60]}” cannot be used: " if value else ""
    return (said + trouble.remedy[:1].upper() * (not said) + trouble.remedy[(0 if said else 1) :]).rstrip(".") + "."


def refused(form: Filled, name: str, trouble: BadInput) -> Filled:
    """The same form with a field that only the use case could refuse."""
    return Filled(form.fields, form.texts, {**form.troubles, name: told(trouble)})
