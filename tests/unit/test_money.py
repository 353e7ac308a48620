"""Money is exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.fees import clamp_fee_rate, fee_rate_or_default
from app.domain.money import MAX_PRICE, ceil_sats, coins, coins_text, exact_worth, round_price, worth

sats = st.integers(0, 21_000_000 * 10**8)
rates = st.decimals("0.00000001", "100000000", places=8)


@pytest.mark.parametrize(("amount", "expected"), [("-0.4", 0), ("-1.4", -1), ("0.1", 1), ("1", 1), ("1.0001", 2)])
def test_satoshis_round_up_and_so_toward_zero_below_it(amount: str, expected: int) -> None:
    assert ceil_sats(Fraction(amount), Decimal(10**8)) == expected


@pytest.mark.parametrize(
    ("price", "digits", "expected"),
    [
        ("50.513", 2, "50.51"),
        ("1.000000019", 8, "1.00000002"),
        ("0.000000019", 8, "0.000000019"),
        ("0.014", 2, "0.014"),
        ("-0.1", 2, "0"),
        ("0", 2, "0"),
        ("1e30", 8, str(MAX_PRICE)),
    ],
)
def test_a_price_is_rounded_to_its_currency_unless_that_changes_it_much(price: str, digits: int, expected: str) -> None:
    assert round_price(Decimal(price), digits) == Decimal(expected)


@settings(max_examples=60, deadline=None)
@given(sats, rates)
def test_worth_and_back_is_the_same(amount: int, rate: Decimal) -> None:
    assert ceil_sats(worth(amount, rate), rate) == amount
    assert Fraction(exact_worth(amount, rate)) == worth(amount, rate)
    assert "E+" not in str(exact_worth(amount, rate))


@settings(max_examples=60, deadline=None)
@given(sats)
def test_coins_and_back_is_the_same(amount: int) -> None:
    assert coins(amount) * 100_000_000 == Decimal(coins_text(amount)) * 100_000_000 == amount


def test_coins_are_never_written_with_an_exponent() -> None:
    assert (coins_text(1), coins_text(0), coins_text(166_667)) == ("0.00000001", "0.00000000", "0.00166667")


def test_the_fee_rate_is_kept_within_reason() -> None:
    assert [clamp_fee_rate(rate) for rate in (0, 1, 100, 5000)] == [1, 1, 100, 100]
    assert fee_rate_or_default(None, "regtest") == 1
    assert fee_rate_or_default(None, "mainnet") == 20
    assert fee_rate_or_default(300, "mainnet") == 100
