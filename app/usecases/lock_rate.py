"""The rate that an invoice keeps: every payment that it ever gets is reckoned at it (rates.md section 1)."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.db.queries_new_invoice import Terms
from app.db.queries_rates import rates_now, store_rates
from app.domain.rate_rules import ONE_MONEY
from app.domain.rates import COIN, Pair
from app.errors import NoQuote


class LockedRate(NamedTuple):
    """The bid of one coin, where it is from and when, and what the coin is worth in the store's other currencies."""

    rate: Decimal
    source: str
    at: datetime
    tracked: dict[str, str] | None


def lock_rate(session: Session, terms: Terms, currency: str, server_source: str, now: datetime) -> LockedRate:
    """The rate for an invoice in `currency`, which in bitcoin needs no source. NoQuote says why there is none.

    A tracked currency without a rate is left out.
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
    return LockedRate(asked.rate.bid, source, asked.oldest or now, others if len(wanted) > 1 else None)
