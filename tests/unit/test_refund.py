"""What is refunded by each variant, to the satoshi and to the cent."""

from decimal import Decimal
from typing import Any

import pytest

from app.currencies import digits
from app.domain.invoice import AdditionalStatus, Status
from app.domain.refund import Asked, Paid, Refund, Variant, gives_all_back, is_refundable, refund
from app.errors import BadInput, NoQuote

PAID = Paid(sats=20_000, overpaid_sats=0, currency="EUR", digits=2, rate_then=Decimal(50_000))


def no_rate() -> Decimal:
    raise NoQuote("no rate was to be asked for")


def refunded(variant: Variant, paid: Paid = PAID, now: str | None = None, **more: object) -> Refund:
    rate = no_rate if now is None else lambda: Decimal(now)
    return refund(Asked(variant, **more), paid, rate, digits)  # type: ignore[arg-type]


def test_at_the_rate_then_the_coins_come_back() -> None:
    assert refunded(Variant.RATE_THEN) == Refund(Decimal("0.00020000"), "BTC", is_fixed=True)


@pytest.mark.parametrize(("now", "coins"), [("100000", "0.00010000"), ("25000", "0.00040000"), ("60001", "0.00016666")])
def test_at_todays_rate_the_worth_comes_back_in_coins(now: str, coins: str) -> None:
    assert refunded(Variant.CURRENT_RATE, now=now) == Refund(Decimal(coins), "BTC", is_fixed=True)


def test_fiat_is_turned_into_coins_later() -> None:
    assert refunded(Variant.FIAT) == Refund(Decimal("10.00"), "EUR", is_fixed=False)
    bitcoin = Paid(20_000, 0, "BTC", 8, Decimal(1))
    assert refunded(Variant.FIAT, bitcoin) == Refund(Decimal("0.00020000"), "BTC", is_fixed=False)


def test_what_was_paid_over_comes_back_alone() -> None:
    over = Paid(25_000, 5_000, "EUR", 2, Decimal(50_000))
    assert refunded(Variant.OVERPAID, over) == Refund(Decimal("0.00005000"), "BTC", is_fixed=True)
    with pytest.raises(BadInput, match="RefundVariant"):
        refunded(Variant.OVERPAID)


def test_a_custom_refund_is_what_was_asked_for() -> None:
    made = refunded(Variant.CUSTOM, custom_amount=Decimal("3.5"), custom_currency="USD")
    assert made == Refund(Decimal("3.50"), "USD", is_fixed=False)
    made = refunded(Variant.CUSTOM, custom_amount=Decimal("0.5"), custom_currency="BTC")
    assert made == Refund(Decimal("0.50000000"), "BTC", is_fixed=True)


@pytest.mark.parametrize(
    ("variant", "custom", "is_all"),
    [
        (Variant.RATE_THEN, None, True),
        (Variant.CURRENT_RATE, None, True),
        (Variant.FIAT, None, True),
        (Variant.OVERPAID, None, False),
        (Variant.CUSTOM, ("0.00020000", "BTC"), True),
        (Variant.CUSTOM, ("0.00019999", "BTC"), False),
        (Variant.CUSTOM, ("10.00", "EUR"), True),
        (Variant.CUSTOM, ("9.99", "EUR"), False),
        (Variant.CUSTOM, ("99", "USD"), False),
    ],
)
def test_what_the_invoice_asked_for_is_all_that_must_come_back_of_an_overpaid_one(
    variant: Variant, custom: tuple[str, str] | None, is_all: bool
) -> None:
    over = Paid(25_000, 5_000, "EUR", 2, Decimal(50_000))
    amount, currency = (Decimal(custom[0]), custom[1]) if custom else (None, None)
    assert gives_all_back(Asked(variant, Decimal(3), amount, currency), over) is is_all


@pytest.mark.parametrize(
    ("variant", "fields", "path"),
    [
        (Variant.CUSTOM, {"custom_amount": Decimal(0), "custom_currency": "EUR"}, "CustomAmount"),
        (Variant.CUSTOM, {"custom_currency": "EUR"}, "CustomAmount"),
        (Variant.CUSTOM, {"custom_amount": Decimal(1)}, "CustomCurrency"),
        (Variant.CUSTOM, {"custom_amount": Decimal(1), "custom_currency": "XXL"}, "CustomCurrency"),
        (Variant.CUSTOM, {"custom_amount": Decimal("0.001"), "custom_currency": "EUR"}, "CustomAmount"),
        (Variant.FIAT, {"custom_amount": Decimal(1)}, "CustomAmount"),
        (Variant.RATE_THEN, {"custom_currency": "EUR"}, "CustomCurrency"),
        (Variant.FIAT, {"subtract_percent": Decimal("100.1")}, "SubtractPercentage"),
        (Variant.FIAT, {"subtract_percent": Decimal(-1)}, "SubtractPercentage"),
        (Variant.FIAT, {"subtract_percent": Decimal(100)}, "RefundVariant"),
    ],
)
def test_what_makes_no_refund_is_refused_by_its_field(variant: Variant, fields: dict[str, Any], path: str) -> None:
    with pytest.raises(BadInput) as refused:
        refunded(variant, now="50000", **fields)
    assert refused.value.field == path


def test_a_part_is_subtracted_last_and_rounded_once() -> None:
    assert refunded(Variant.FIAT, subtract_percent=Decimal("12.5")).amount == Decimal("8.75")
    yen = Paid(20_000, 0, "JPY", 0, Decimal(9_000_050))
    assert refunded(Variant.FIAT, yen, subtract_percent=Decimal(33)).amount == Decimal(1206)
    assert refunded(Variant.RATE_THEN, subtract_percent=Decimal("0.005")).amount == Decimal("0.00019999")


def test_nothing_is_refunded_of_nothing() -> None:
    with pytest.raises(BadInput):
        refunded(Variant.RATE_THEN, Paid(0, 0, "EUR", 2, Decimal(50_000)))


@pytest.mark.parametrize(
    ("status", "additional", "may"),
    [
        (Status.NEW, AdditionalStatus.NONE, False),
        (Status.NEW, AdditionalStatus.PAID_PARTIAL, False),
        (Status.PROCESSING, AdditionalStatus.PAID_OVER, False),
        (Status.SETTLED, AdditionalStatus.NONE, True),
        (Status.INVALID, AdditionalStatus.MARKED, True),
        (Status.EXPIRED, AdditionalStatus.NONE, False),
        (Status.EXPIRED, AdditionalStatus.PAID_PARTIAL, True),
        (Status.EXPIRED, AdditionalStatus.PAID_LATE, True),
        (Status.EXPIRED, AdditionalStatus.PAID_OVER, True),
    ],
)
def test_some_states_can_be_refunded(status: Status, additional: AdditionalStatus, may: bool) -> None:
    assert is_refundable(status, additional) is may
