"""The rate that an invoice keeps: every payment that it ever gets is reckoned at it (rates.md section 1)."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import Quote
from app.db.queries_new_invoice import Terms
from app.db.queries_rates import rates_now, store_rates
from app.domain.rate_rules import ONE_MONEY
from app.domain.rates import Pair
from app.errors import NoQuote

COIN = "BTC"


def lock_rate(
    session: Session, terms: Terms, currency: str, server_source: str, now: datetime
) -> tuple[Quote, dict[str, str] | None]:
    """The bid of one coin in `currency`, and what the coin is worth in the other currencies that the store tracks.

    NoQuote, which says why; a tracked currency without a rate is left out. An invoice in bitcoin needs no source.
    """
    rates = store_rates(terms.primary_rates, terms.fallback_rates)
    wanted = dict.fromkeys((currency, terms.default_currency, *terms.tracked_currencies))
    found = rates_now(session, rates, server_source, [Pair(COIN, code) for code in wanted], now)
    asked = found[Pair(COIN, currency)]
    if asked.rate is None:
        why = "; ".join(problem.partition(": ")[2] for problem in asked.problems)
        raise NoQuote(f"there is no rate for {COIN}_{currency} ({why}); the invoice was not made")
    others = {pair.quote: f"{priced.rate.bid:f}" for pair, priced in found.items() if priced.rate}
    source = "none" if currency in ONE_MONEY else asked.source
    quote = Quote(source=source, pair=f"{COIN}_{currency}", rate=asked.rate.bid, at=asked.oldest or now)
    return quote, others if len(wanted) > 1 else None
