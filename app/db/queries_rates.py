"""What stores reckon their rates from: their rules, and the quotes at hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from app.db.models import Quote, Store
from app.domain.rate_expressions import Outcome
from app.domain.rate_rules import RateSettings, StoreRates, quotes_needed, reckoned
from app.domain.rates import Asked, BidAsk, Book, Pair, Quoted

AT_HAND = select(Quote.source, Quote.pair, Quote.rate, Quote.ask, Quote.at).where(
    Quote.source.in_(bindparam("sources", expanding=True)), Quote.pair.in_(bindparam("pairs", expanding=True))
)
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
    needed = [asked for each in rules.values() for asked in quotes_needed(each)]
    book = Book(quotes_at_hand(session, needed), now)
    return {pair: reckoned(each, book) for pair, each in rules.items()}


def quotes_at_hand(session: Session, needed: Sequence[Asked]) -> dict[Asked, Quoted]:
    """The newest quotes of these sources and pairs, as far as there are any; some that nobody asked for among them."""
    if not needed:
        return {}
    given = {"sources": list({source for source, _ in needed}), "pairs": list({str(pair) for _, pair in needed})}
    return {
        (row.source, _pair(row.pair)): Quoted(BidAsk(row.rate, row.ask or row.rate), row.at)
        for row in session.connection().execute(AT_HAND, given)
    }


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


def _pair(stored: str) -> Pair:
    return Pair(*stored.split("_", 1))
