"""What is refunded of an invoice: five variants of one question (greenfield-api 2.7, invoice-states 7)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum

from app.domain.invoice import AdditionalStatus, Status
from app.domain.money import coins, exact_worth
from app.errors import BadInput

COIN = "BTC"
COIN_DIGITS = 8
WITH_MONEY = (AdditionalStatus.PAID_LATE, AdditionalStatus.PAID_OVER, AdditionalStatus.PAID_PARTIAL)


class Variant(StrEnum):
    """How the amount is found.

    RateThen: the coins paid. CurrentRate: what was paid, at today's rate, fixed in coins. Fiat: what was paid, turned
    into coins when the claim is approved. OverpaidAmount: the coins that were too many. Custom: as asked.
    """

    RATE_THEN = "RateThen"
    CURRENT_RATE = "CurrentRate"
    FIAT = "Fiat"
    OVERPAID = "OverpaidAmount"
    CUSTOM = "Custom"


@dataclass(frozen=True)
class Paid:
    """What came in by one payment method. `rate_then` is the invoice's own rate, `digits` those of its currency."""

    sats: int
    overpaid_sats: int  # 0 unless the invoice is paid over
    currency: str
    digits: int
    rate_then: Decimal

    @property
    def worth(self) -> Decimal:
        """In the invoice's currency, at its own rate."""
        return rounded(exact_worth(self.sats, self.rate_then), self.digits)


@dataclass(frozen=True)
class Asked:
    """What the merchant asks for. The custom fields belong to `Variant.CUSTOM` alone."""

    variant: Variant
    subtract_percent: Decimal = Decimal(0)
    custom_amount: Decimal | None = None
    custom_currency: str | None = None


@dataclass(frozen=True)
class Refund:
    """The amount of the pull payment. `is_fixed`: in coins, so that a claim may be approved without another look."""

    amount: Decimal
    currency: str
    is_fixed: bool


def is_refundable(status: Status, additional: AdditionalStatus) -> bool:
    """May an invoice in this state be refunded? (invoice-states 7)"""
    return status in (Status.SETTLED, Status.INVALID) or (status is Status.EXPIRED and additional in WITH_MONEY)


def refund(
    asked: Asked, paid: Paid, rate_now: Callable[[], Decimal], currency_digits: Callable[[str], int | None]
) -> Refund:
    """The refund asked for. `rate_now` (invoice currency per coin) is asked where it is needed only, and may raise.

    Raises BadInput with the dialect's names of the fields.
    """
    if not Decimal(0) <= asked.subtract_percent <= Decimal(100):
        raise BadInput("SubtractPercentage", str(asked.subtract_percent), "it is a percentage from 0 to 100")
    amount, currency = _whole(asked, paid, rate_now)
    digits = COIN_DIGITS if currency == COIN else currency_digits(currency)
    if digits is None:
        raise BadInput("CustomCurrency", currency, "use an ISO 4217 code, or BTC")
    with localcontext() as context:
        context.prec = 60
        amount = rounded(amount - amount * asked.subtract_percent / 100, digits)
    if amount <= 0:
        field = "CustomAmount" if asked.variant is Variant.CUSTOM else "RefundVariant"
        raise BadInput(field, str(amount), "nothing would be left to refund")
    return Refund(amount, currency, is_fixed=currency == COIN and asked.variant is not Variant.FIAT)


def gives_all_back(asked: Asked, paid: Paid) -> bool:
    """Does the buyer get back all that the invoice asked for? A fee that is kept makes no difference.

    An amount in a currency that is neither the invoice's nor coins cannot be compared: it counts as a part.
    """
    if asked.variant is not Variant.CUSTOM:
        return asked.variant is not Variant.OVERPAID
    if asked.custom_amount is None:
        return False
    wanted = replace(paid, sats=paid.sats - paid.overpaid_sats)
    if asked.custom_currency == COIN:
        return asked.custom_amount >= coins(wanted.sats)
    return asked.custom_currency == paid.currency and asked.custom_amount >= wanted.worth


def _whole(asked: Asked, paid: Paid, rate_now: Callable[[], Decimal]) -> tuple[Decimal, str]:
    """Before anything is subtracted."""
    if asked.variant is Variant.CUSTOM:
        return _custom(asked)
    if asked.custom_amount is not None:
        raise BadInput("CustomAmount", str(asked.custom_amount), "leave it out unless RefundVariant is Custom")
    if asked.custom_currency is not None:
        raise BadInput("CustomCurrency", asked.custom_currency, "leave it out unless RefundVariant is Custom")
    if asked.variant is Variant.FIAT:
        return paid.worth, paid.currency
    if asked.variant is Variant.CURRENT_RATE:
        return coins_now(paid, rate_now()), COIN
    if asked.variant is Variant.OVERPAID:
        if paid.overpaid_sats <= 0:
            raise BadInput("RefundVariant", str(asked.variant), "nothing was paid over")
        return coins(paid.overpaid_sats), COIN
    return coins(paid.sats), COIN


def _custom(asked: Asked) -> tuple[Decimal, str]:
    if asked.custom_amount is None or asked.custom_amount <= 0:
        raise BadInput("CustomAmount", str(asked.custom_amount), "give an amount above 0")
    if not asked.custom_currency:
        raise BadInput("CustomCurrency", asked.custom_currency, "name the currency of the amount")
    return asked.custom_amount, asked.custom_currency


def coins_now(paid: Paid, rate_now: Decimal) -> Decimal:
    """The worth of what was paid, in coins at today's rate."""
    with localcontext() as context:
        context.prec = 60
        return rounded(paid.worth / rate_now, COIN_DIGITS)


def rounded(amount: Decimal, digits: int) -> Decimal:
    """To the currency's digits, half to even."""
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
