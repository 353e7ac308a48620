"""What stores reckon their rates from: their rules, and the quotes at hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, or_, select
from sqlalchemy.orm import Session

from app.db.models import Quote, Store
from app.domain.rate_expressions import Outcome
from app.domain.rate_rules import RateSettings, StoreRates, quotes_needed, reckoned
from app.domain.rates import Asked, BidAsk, Book, Pair, Quoted

AT_ONCE = 20  # quotes of one statement
RULES = select(
    Store.id, Store.default_currency, Store.tracked_currencies, Store.primary_rates, Store.fallback_rates
).where(Store.deleted_at.is_(None))


@dataclass(frozen=True)
class RatesOfStore:
    """How a store comes to its rates, and the currencies that it wants to know them in, its own first."""

    rates: StoreRates
    currencies: tuple[str, ...]


def store_rates(primary: Mapping[str, Any] | None, fallback: Mapping[str, Any] | None) -> StoreRates:
    """From the columns of a store."""
    return StoreRates(RateSettings.from_json(primary), None if fallback is None else RateSettings.from_json(fallback))


def rates_of_store(session: Session, store_id: str) -> RatesOfStore | None:
    """None when there is no such store."""
    row = session.connection().execute(RULES.where(Store.id == store_id)).first()
    return None if row is None else _rates_of(row)


def rates_of_stores(session: Session) -> list[RatesOfStore]:
    """Those of every store that is in use."""
    return [_rates_of(row) for row in session.connection().execute(RULES.order_by(Store.id))]


def rates_now(
    session: Session, rates: StoreRates, server_source: str, pairs: Iterable[Pair], now: datetime
) -> dict[Pair, Outcome]:
    """What each pair costs by a store's rules and the quotes at hand: one statement, and no request to a source."""
    rules = {pair: rates.rules(server_source, pair) for pair in pairs}
    needed = list(dict.fromkeys(asked for each in rules.values() for asked in quotes_needed(each)))
    book = Book(quotes_at_hand(session, needed), now)
    return {pair: reckoned(each, book) for pair, each in rules.items()}


def quotes_at_hand(session: Session, needed: Sequence[Asked]) -> dict[Asked, Quoted]:
    """The newest quotes of these sources and pairs, as far as there are any."""
    found: dict[Asked, Quoted] = {}
    for start in range(0, len(needed), AT_ONCE):
        batch = needed[start : start + AT_ONCE]
        given = {name: value for i, (source, pair) in enumerate(batch) for name, value in _named(i, source, pair)}
        for source, pair, bid, ask, at in session.connection().execute(_at_hand(len(batch)), given):
            found[source, _pair(pair)] = Quoted(BidAsk(bid, ask or bid), at)
    return found


def pairs_quoted(session: Session, sources: Iterable[str]) -> list[Pair]:
    """The pairs of which some of these sources ever gave a quote."""
    quoted = select(Quote.pair).where(Quote.source.in_(list(sources))).distinct().order_by(Quote.pair)
    return [_pair(text) for text in session.scalars(quoted)]


def drop_other_quotes(session: Session, source: str, pairs: Iterable[str]) -> None:
    """Forget what a source does not quote any more."""
    gone = delete(Quote).where(Quote.source == source, Quote.pair.not_in(list(pairs)))
    session.execute(gone.execution_options(synchronize_session=False))


def _rates_of(row: Any) -> RatesOfStore:
    currencies = tuple(dict.fromkeys((row.default_currency, *row.tracked_currencies)))
    return RatesOfStore(store_rates(row.primary_rates, row.fallback_rates), currencies)


@lru_cache
def _at_hand(count: int) -> Select[str, str, Decimal, Decimal | None, datetime]:
    """The statement for so many quotes: put together once, since every invoice needs it."""
    each = [and_(Quote.source == bindparam(f"source{i}"), Quote.pair == bindparam(f"pair{i}")) for i in range(count)]
    return select(Quote.source, Quote.pair, Quote.rate, Quote.ask, Quote.at).where(or_(*each))


def _named(place: int, source: str, pair: Pair) -> tuple[tuple[str, str], tuple[str, str]]:
    return (f"source{place}", source), (f"pair{place}", str(pair))


def _pair(stored: str) -> Pair:
    return Pair(*stored.split("_", 1))
