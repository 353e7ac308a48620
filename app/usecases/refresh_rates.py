"""Keep the newest quotes of every source that a store needs, so that no request waits for an exchange."""

from collections.abc import Mapping
from datetime import datetime

from app.db.models import Quote
from app.db.queries import reading
from app.db.queries_rates import drop_other_quotes, rates_of_stores
from app.db.session import change
from app.domain.rate_rules import server_rules, sources_named
from app.domain.rates import FIXED, SOURCES, BidAsk


def sources_wanted(server_source: str) -> set[str]:
    """The sources that the rules of all stores name, and those of stores that chose none."""
    wanted = set(sources_named(server_rules(server_source)))
    for store in rates_of_stores(reading()):
        wanted |= store.rates.sources(server_source)
    return wanted & SOURCES.keys()


def store_quotes(source: str, rates: Mapping[str, BidAsk], now: datetime) -> int:
    """Store the rates of one source, by pair; one that is not positive is refused. Returns how many were stored.

    What an operator fixed holds for as long as it is written down: the rest is forgotten.
    """
    usable = {pair: rate for pair, rate in rates.items() if rate.usable}
    with change() as session:
        for pair, rate in usable.items():
            ask = None if rate.ask == rate.bid else rate.ask
            session.merge(Quote(source=source, pair=pair, rate=rate.bid, ask=ask, at=now))
        if source == FIXED:
            drop_other_quotes(session, source, usable)
    return len(usable)
