"""Sums of products that are exact on either engine: satoshis times rates, which SQLite's own numbers would round."""

from decimal import Context, Decimal
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.db.types import ExactDecimal

NAME = "exact_product_sum"
EXACT = Context(prec=400)  # digits: beyond any sum of satoshis times rates


class ProductSum(FunctionElement[Decimal]):
    """The sum of a whole number times an exact decimal, over a group."""

    type = ExactDecimal()
    inherit_cache = True


class _Sum:
    """What SQLite calls for each row of a group, with the whole number and the decimal's text."""

    def __init__(self) -> None:
        self._total = Decimal(0)

    def step(self, whole: int | None, decimal: str | None) -> None:
        if whole is not None and decimal is not None:
            self._total = EXACT.fma(Decimal(decimal), whole, self._total)

    def finalize(self) -> str:
        return f"{self._total:f}"


def product_sum(whole: Any, decimal: Any) -> ColumnElement[Decimal]:
    """As an expression."""
    return ProductSum(whole, decimal)


def teach_sqlite(connection: Any) -> None:
    """Let a connection of SQLite know the function."""
    connection.create_aggregate(NAME, 2, _Sum)


@compiles(ProductSum)
def _elsewhere(element: ProductSum, compiler: Any, **options: Any) -> str:
    whole, decimal = (compiler.process(each, **options) for each in element.clauses)
    return f"sum({whole} * CAST({decimal} AS NUMERIC))"


@compiles(ProductSum, "sqlite")
def _on_sqlite(element: ProductSum, compiler: Any, **options: Any) -> str:
    return f"{NAME}({compiler.process(element.clauses, **options)})"
