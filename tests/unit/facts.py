"""Invoices, payments and tips for the tests of the rules: plain terms, and one word for each thing that differs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.domain.assess import Assessment, assess
from app.domain.chain import Outpoint, Tip
from app.domain.invoice import Invoice, NetworkFeeMode, Prompt, SpeedPolicy
from app.domain.payment import Payment

BTC = "BTC-CHAIN"
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
EXPIRES = START + timedelta(minutes=15)
MONITORED = EXPIRES + timedelta(days=1)
IN_TIME = START + timedelta(minutes=3)
LATE = START + timedelta(minutes=20)


def an_invoice(
    price: str | None = "0.001",
    rate: str = "1",
    tolerance: str = "0",
    speed: SpeedPolicy = SpeedPolicy.MEDIUM,
    fee_mode: NetworkFeeMode = NetworkFeeMode.NEVER,
    fee: int = 0,
    **more: Any,
) -> Invoice:
    """An invoice of 100,000 satoshis, open for 15 minutes and watched for a day more. `price=None` is a top-up."""
    terms: dict[str, Any] = {
        "price": None if price is None else Decimal(price),
        "is_top_up": price is None,
        "tolerance_percent": Decimal(tolerance),
        "speed_policy": speed,
        "network_fee_mode": fee_mode,
        "expires_at": EXPIRES,
        "monitoring_ends_at": MONITORED,
        "prompts": (Prompt(BTC, Decimal(rate), fee),),
    }
    return Invoice(**(terms | more))


def pay(sats: int, n: int = 0, at: datetime = IN_TIME, fee: int = 0, **more: Any) -> Payment:
    """Payment number `n`; its outpoint follows from the number."""
    return Payment(Outpoint(f"{n:064x}", 0), BTC, sats, fee, at, **more)


def tip(height: int = 100, at: datetime = IN_TIME) -> Tip:
    """The chain as looked at until `at`."""
    return Tip(height, f"{height:064x}", at)


def look(invoice: Invoice, payments: Any = (), now: datetime = IN_TIME, height: int = 100) -> Assessment:
    """Assess with the chain just looked at."""
    return assess(invoice, payments, tip(height, now), now)


def told(result: Assessment) -> list[str]:
    """The names of the events, without their prefix."""
    return [event.type.ipn_name.removeprefix("invoice_") for event in result.events]


def state(result: Assessment) -> str:
    """Status and additional status: `Expired+PaidLate`, or the status alone."""
    extra = result.invoice.additional_status.value
    return result.invoice.status.value + (f"+{extra}" if extra != "None" else "")
