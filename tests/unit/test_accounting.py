"""What is due and what is paid, by the figures of tests/fixtures/accounting.json."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.accounting import is_dust, minimum_price, prompt_totals, prompt_totals_at_fee, totals
from app.domain.invoice import NetworkFeeMode
from tests.unit.facts import BTC, START, an_invoice, pay

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "fixtures" / "accounting.json").read_text(encoding="utf-8")
)


def test_all_cases_are_here() -> None:
    assert len(CASES) == 29


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_figures_agree(case: dict[str, Any]) -> None:
    terms = case["terms"]
    invoice = an_invoice(price=terms["price"], rate=terms["rate"], tolerance=terms["tolerance_percent"])
    payments = [
        pay(value, n=n, fee=fee, at=START + timedelta(seconds=n), conflicted_by=None if accounted else "")
        for n, (value, fee, accounted) in enumerate(case["payments"])
    ]
    sums = totals(invoice, payments)
    asked = prompt_totals_at_fee(invoice, sums, invoice.prompts[0], terms["next_fee_sats"])
    assert {name: getattr(asked, name) for name in case["asked"]} == case["asked"]
    assert (sums.is_underpaid, sums.is_overpaid) == (case["underpaid"], case["overpaid"])
    dust = sums.net_due == 0 and sums.price != sums.paid_net
    assert dust == case["dust"]


@pytest.mark.parametrize(
    ("mode", "unpaid", "after_one"),
    [
        (NetworkFeeMode.NEVER, 100_000, 60_000),
        (NetworkFeeMode.MULTIPLE_PAYMENTS_ONLY, 100_000, 61_000),
        (NetworkFeeMode.ALWAYS, 101_000, 62_000),
    ],
)
def test_the_fee_mode_decides_what_the_next_payment_is_asked(mode: NetworkFeeMode, unpaid: int, after_one: int) -> None:
    invoice = an_invoice(price="0.001", rate="1", fee_mode=mode, fee=1000)
    first_fee = 1000 if mode is NetworkFeeMode.ALWAYS else 0
    assert prompt_totals(invoice, [], BTC).due_sats == unpaid
    assert prompt_totals(invoice, [pay(40_000, fee=first_fee)], BTC).due_sats == after_one


def test_a_payment_smaller_than_its_fee_cannot_unpay_an_invoice() -> None:
    invoice = an_invoice(price="0.001", rate="1")
    paid = totals(invoice, [pay(100_000), pay(546, n=1, fee=1000)])
    assert not paid.is_underpaid
    assert paid.paid_net == Decimal("0.001")


def test_an_overpayment_is_negative_uncapped_and_nothing_is_due() -> None:
    asked = prompt_totals(an_invoice(price="0.001", rate="1"), [pay(150_000)], BTC)
    assert (asked.due_uncapped_sats, asked.due_sats) == (-50_000, 0)


def test_tolerance_applies_to_the_price() -> None:
    assert minimum_price(an_invoice(price="100", tolerance="2")) == 98
    assert minimum_price(replace(an_invoice(), price=None)) == 0


@pytest.mark.parametrize(
    ("price", "dust"), [("0", False), ("0.00000001", True), ("0.00000293", True), ("0.00000294", False)]
)
def test_dust_is_what_nodes_do_not_relay(price: str, dust: bool) -> None:
    assert is_dust(Decimal(price), Decimal(1)) is dust
