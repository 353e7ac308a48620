"""Keep the newest quote of every pair, so that no request waits for an exchange."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from app.db.models import Quote
from app.db.session import change


def store_rates(source: str, rates: Mapping[str, Decimal], now: datetime) -> int:
    """Store the rates of one source; one that is not positive is refused. Returns how many were stored."""
    usable = {pair: rate for pair, rate in rates.items() if rate.is_finite() and rate > 0}
    with change() as session:
        for pair, rate in usable.items():
            session.merge(Quote(source=source, pair=pair, rate=rate, at=now))
    return len(usable)
