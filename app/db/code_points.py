"""Text compared by its code points on either engine, as Python does: PostgreSQL's own order is that of a language."""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class InCodePoints(FunctionElement[str]):
    """A text to be sorted or compared by code points."""

    type = String()
    inherit_cache = True


def in_code_points(text: Any) -> ColumnElement[str]:
    """As an expression."""
    return InCodePoints(text)


@compiles(InCodePoints)
def _as_it_is(element: InCodePoints, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(InCodePoints, "postgresql")
def _on_postgresql(element: InCodePoints, compiler: Any, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'
