"""Sums of satoshis times rates, by the database: exact to the last digit on both engines."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from app.db.models import Prompt
from app.db.queries import reading
from app.db.queries_money import settled_by_day, settled_since
from app.db.session import change
from tests.checkout_rows import Shop, shop_open

RATES = ("50000", "0.00000001", "2500000000.123456789012345678901234567890123", "99999.99", "1e3")
SATS = (2_099_999_997_690_000, 1, 123_456_789_012_345, 10**15, 7)


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


def test_what_settled_is_summed_up_exactly(shop: Shop) -> None:
    today = shop.now().replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = Fraction(0)
    for number, (rate, sats) in enumerate(zip(RATES, SATS, strict=True)):
        made = shop.invoice()
        with shop.app.app_context(), change() as session:
            session.query(Prompt).filter_by(invoice_id=made).one().rate = Decimal(rate)
        settled = today if number % 2 else today - timedelta(seconds=1)
        shop.pay(made, sats, status="Settled", settled_at=settled, paid_at=settled)
        wanted += Fraction(Decimal(rate)) * sats / 10**8
    with shop.app.app_context():
        since = today - timedelta(days=3)
        before, after = sorted(settled_since(reading(), ["store1"], since, today), key=lambda each: each.period)
        assert Fraction(before.worth) + Fraction(after.worth) == wanted
        assert (before.payments, after.payments, before.sats + after.sats) == (3, 2, sum(SATS))
        days = {each.period: each for each in settled_by_day(reading(), ["store1"], since)}
        assert set(days) == {int(today.timestamp()), int(today.timestamp()) - 86_400}
        assert days[int(today.timestamp())].worth == after.worth
        assert settled_since(reading(), ["another"], since, today) == []
