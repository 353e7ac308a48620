"""What a rate is reckoned from: numbers, quotes of sources, arithmetic on both sides of a rate (rates.md section 3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from app.domain.rates import PRECISION, Asked, BidAsk, Book, Pair


@dataclass(frozen=True)
class Number:
    value: Decimal


@dataclass(frozen=True)
class PairOf:
    """A pair that the rules have still to replace; `X` is any currency."""

    pair: Pair


@dataclass(frozen=True)
class Exchange:
    """What a source says of a pair."""

    source: str
    pair: Pair


@dataclass(frozen=True)
class Sides:
    bid: "Expression"
    ask: "Expression"


@dataclass(frozen=True)
class Negative:
    of: "Expression"


@dataclass(frozen=True)
class Group:
    of: "Expression"


@dataclass(frozen=True)
class Binary:
    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Failure:
    """A place where the rules lead nowhere: `kind` as in NoRuleMatch."""

    kind: str
    pair: Pair


Expression = Number | PairOf | Exchange | Sides | Negative | Group | Binary | Failure


@dataclass
class Outcome:
    """What came out: a rate, or the problems for which there is none; which quotes were used.

    `source` is for people: the name of the source, or the rule where there is more to it.
    """

    rate: BidAsk | None = None
    source: str = ""
    problems: list[str] = field(default_factory=list)
    used: dict[Asked, datetime] = field(default_factory=dict)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of the quotes was given; None where none was needed."""
        return min(self.used.values(), default=None)


def evaluated(expression: Expression, book: Book) -> Outcome:
    """Reckon it with the quotes of `book`."""
    outcome = Outcome()
    rate = _value(expression, book, outcome)
    if rate is not None and not rate.usable:
        outcome.problems.append(f"RateUnavailable: the rules give {rate.bid:.8g}, which is no rate to sell at")
    outcome.rate = None if outcome.problems else rate
    return outcome


def exchanges_of(expression: Expression) -> Iterator[Asked]:
    """The quotes that it needs."""
    match expression:
        case Exchange(source, pair):
            yield source, pair
        case Sides(left, right) | Binary(_, left, right):
            yield from exchanges_of(left)
            yield from exchanges_of(right)
        case Negative(inner) | Group(inner):
            yield from exchanges_of(inner)


def written(expression: Expression, book: Book | None = None) -> str:
    """The expression as a rule; with a book, the values of its quotes in the place of their names."""
    match expression:
        case Exchange(source, pair):
            return f"{source}({pair})" if book is None else _written_quote(source, pair, book)
        case Sides(bid, ask):
            return f"({written(bid, book)}, {written(ask, book)})"
        case Negative(inner):
            return f"-{written(inner, book)}"
        case Group(inner):
            return f"({written(inner, book)})"
        case Binary(sign, left, right):
            return f"{written(left, book)} {sign} {written(right, book)}"
        case _:
            return _written_leaf(expression)


def _written_leaf(expression: Expression) -> str:
    match expression:
        case Number(value):
            return f"{value:f}"
        case Failure(kind, pair):
            return f"ERR_{_spaced(kind)}({pair})"
        case PairOf(pair):
            return str(pair)
        case _:
            raise TypeError(f"{type(expression).__name__} is no leaf")


def grouped(expression: Expression) -> Expression:
    """In parentheses where its place in another expression asks for them."""
    return Group(expression) if isinstance(expression, Binary | Negative) else expression


def _written_quote(source: str, pair: Pair, book: Book) -> str:
    quote = book.rate(source, pair)
    if quote is None:
        return f"ERR_RATE_UNAVAILABLE({source}, {pair})"
    bid, ask = quote.rate
    return f"{bid:f}" if bid == ask else f"({bid:f}, {ask:f})"


def _spaced(kind: str) -> str:
    """NoRuleMatch as NO_RULE_MATCH."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in kind).lstrip("_")


def _value(expression: Expression, book: Book, outcome: Outcome) -> BidAsk | None:
    """None where a problem has been noted. Both sides are always reckoned, so that every problem is told."""
    match expression:
        case Number(value):
            return BidAsk.of(value)
        case Exchange(source, pair):
            return _quote(source, pair, book, outcome)
        case Sides(bid, ask):
            low, high = _value(bid, book, outcome), _value(ask, book, outcome)
            return None if low is None or high is None else BidAsk(low.bid, high.ask)
        case Group(inner):
            return _value(inner, book, outcome)
        case Negative(inner):
            return _subtracted(BidAsk.of(Decimal(0)), _value(inner, book, outcome), outcome)
        case Binary(sign, left, right):
            one, other = _value(left, book, outcome), _value(right, book, outcome)
            return None if one is None else SIGNS[sign](one, other, outcome)
        case Failure() | PairOf():
            kind = expression.kind if isinstance(expression, Failure) else "NoRuleMatch"
            outcome.problems.append(f"{kind}: the rules lead to no rate of {expression.pair}")
            return None


def _quote(source: str, pair: Pair, book: Book, outcome: Outcome) -> BidAsk | None:
    quote = book.rate(source, pair)
    if quote is None:
        outcome.problems.append(f"RateUnavailable: {book.why_not(source, pair)}")
        return None
    outcome.used[source, pair] = quote.at
    return quote.rate


def _added(one: BidAsk, other: BidAsk | None, _outcome: Outcome) -> BidAsk | None:
    if other is None:
        return None
    return BidAsk(PRECISION.add(one.bid, other.bid), PRECISION.add(one.ask, other.ask))


def _subtracted(one: BidAsk, other: BidAsk | None, outcome: Outcome) -> BidAsk | None:
    """Only what has one side can be taken away: nobody can say which of two."""
    if other is None:
        return None
    if other.bid != other.ask:
        outcome.problems.append(
            "InvalidNegative: only what has one side can be subtracted, not a rate with bid and ask"
        )
        return None
    return BidAsk(PRECISION.subtract(one.bid, other.bid), PRECISION.subtract(one.ask, other.ask))


def _multiplied(one: BidAsk, other: BidAsk | None, _outcome: Outcome) -> BidAsk | None:
    return None if other is None else one.times(other)


def _divided(one: BidAsk, other: BidAsk | None, outcome: Outcome) -> BidAsk | None:
    if other is None:
        return None
    try:
        return one.over(other)
    except ZeroDivisionError:
        outcome.problems.append("DivideByZero: the rules divide by nought")
        return None


SIGNS: dict[str, Callable[[BidAsk, BidAsk | None, Outcome], BidAsk | None]] = {
    "+": _added,
    "-": _subtracted,
    "*": _multiplied,
    "/": _divided,
}
