"""Money: satoshis are `int`, fiat amounts and rates are `Decimal`; conversion is exact and never touches a float."""

import math
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

SATS_PER_COIN = 100_000_000
HIGHEST_RANK = 2**63 - 1
MAX_PRICE = Decimal(2**64 - 1)


def ceil_sats(amount: Decimal | Fraction, rate: Decimal) -> int:
    """What `amount` (invoice currency) is in satoshis at `rate` (invoice currency per coin), rounded toward +∞.

    A negative amount therefore rounds toward zero: -0.4 sat is 0 (invoice-states 4.3).
    """
    return math.ceil(Fraction(amount) * SATS_PER_COIN / Fraction(rate))


def worth(sats: int, rate: Decimal) -> Fraction:
    """What `sats` are worth in the invoice's currency, exactly."""
    return Fraction(sats) * Fraction(rate) / SATS_PER_COIN


def exact_worth(sats: int, rate: Decimal) -> Decimal:
    """`worth` as a Decimal: a whole number times a decimal rate always has a finite expansion."""
    with localcontext() as context:
        context.prec = 60
        amount = (Decimal(sats) * rate).scaleb(-8).normalize()
        return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def round_price(price: Decimal, digits: int) -> Decimal:
    """`price` clamped to [0, 2^64-1] and rounded to the currency's digits, half to even.

    A price that those digits would change by 1 % or more keeps as many further digits as it needs: 0.000000019 BTC
    stays what it is (invoice-states 4.1).
    """
    clamped = min(max(price, Decimal(0)), MAX_PRICE)
    with localcontext() as context:
        context.prec = 60
        rounded = clamped.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
        while abs(rounded - clamped) * 100 >= clamped > 0:
            digits += 1
            rounded = clamped.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return rounded


def amount_rank(price: Decimal | None) -> int:
    """What prices are sorted by: hundred-millionths, cut off where a database's integers end; -1 for an open one."""
    if price is None:
        return -1
    with localcontext() as context:
        context.prec = 60
        return min(int(price.scaleb(8)), HIGHEST_RANK)


def coins(sats: int) -> Decimal:
    """Satoshis as a coin amount with all eight decimals: 166667 becomes 0.00166667."""
    return Decimal(sats).scaleb(-8).quantize(Decimal("0.00000001"))


def coins_text(sats: int) -> str:
    """`coins` as text, never in exponent form."""
    return f"{coins(sats):f}"
