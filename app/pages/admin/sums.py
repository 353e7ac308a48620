"""Sums of what settled, by currency: exact, and rounded only where they are shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from app.db.queries_money import SettledSum
from app.domain.money import coins_text
from app.domain.refund import rounded
from app.pages.checkout_view import money

Digits = Callable[[str], int | None]


@dataclass(frozen=True)
class Came:
    """What settled in one currency: its worth at the invoices' own rates, as text."""

    currency: str
    worth: str
    coins: str
    payments: int


def came_by_currency(sums: Iterable[SettledSum], digits: Digits) -> list[Came]:
    """A line for each currency, the one with the most coins first."""
    by_currency: dict[str, list[SettledSum]] = {}
    for each in sums:
        by_currency.setdefault(each.currency, []).append(each)
    ordered = sorted(by_currency.items(), key=lambda item: -sum(each.sats for each in item[1]))
    return [
        Came(
            currency,
            money(rounded(worth_of(them), digits(currency) or 0), currency),
            coins_text(sum(each.sats for each in them)),
            sum(each.payments for each in them),
        )
        for currency, them in ordered
    ]


def worth_of(sums: Iterable[SettledSum]) -> Decimal:
    """What they are worth together, exactly; of one currency."""
    with localcontext() as context:
        context.prec = 400
        return sum((each.worth for each in sums), Decimal(0))
