"""/admin/reports: what came in each day, how long it took to settle, and what waits now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from app.currencies import digits
from app.db.models import Store
from app.db.queries import newest_height, reading
from app.db.queries_money import (
    SettledSum,
    settled_by_day,
    times_to_settle,
    unconfirmed_lines,
    waits_for_block,
)
from app.domain.invoice import SpeedPolicy
from app.domain.money import coins_text
from app.domain.payment import depth_to_settle
from app.domain.permissions import Policy
from app.domain.refund import rounded
from app.pages.admin.charts import NARROW, Chart, Value, bar_chart
from app.pages.admin.frame import drawn, stores_for
from app.pages.admin.sums import worth_of
from app.pages.admin.words import span
from app.pages.checkout_view import money
from app.pages.signed_in import for_forms, for_merchants
from app.services import services

blueprint = for_forms(Blueprint("admin_reports", __name__))

RANGES = (7, 30, 90)
SHOWN = 100
SPANS = (60, 300, 600, 1200, 1800, 3600, 7200, 21_600)  # seconds
NAMES = ("under 1 min", "to 5 min", "to 10 min", "to 20 min", "to 30 min", "to 1 h", "to 2 h", "to 6 h", "over 6 h")


@dataclass(frozen=True)
class Waiting:
    """A payment that waits for confirmations."""

    invoice_id: str
    order: str
    coins: str
    waits: str
    confirmations: int
    required: int


@blueprint.get("/admin/reports")
@for_merchants
def page() -> Response:
    """The charts of the last days; an unknown range or store is told and replaced by what is known."""
    stores, trouble = stores_for(Policy.VIEW_INVOICES), []
    chosen = request.args.get("store", "")
    shown = [store for store in stores if chosen in ("", store.id)]
    if chosen and not shown:
        trouble.append("store: choose one of your stores; all are shown")
        shown = list(stores)
    asked = request.args.get("days", "30")
    days = int(asked) if asked in [str(each) for each in RANGES] else 30
    if str(days) != asked:
        trouble.append("days: use 7, 30 or 90; 30 are shown")
    return drawn(
        "admin/reports.html",
        422 if trouble else 200,
        trouble=". ".join(trouble),
        stores=stores,
        chosen=chosen if not trouble else "",
        days=days,
        ranges=RANGES,
        **_charts(shown, days),
    )


def _charts(stores: Sequence[Store], days: int) -> Any:
    session, now = reading(), services().clock.now()
    ids = [store.id for store in stores]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=days - 1)
    times = times_to_settle(session, ids, since, SPANS)
    taken = [sum(times.get((policy, place), 0) for policy in SpeedPolicy) for place in range(len(NAMES))]
    blocks = waits_for_block(session, ids, since, SPANS)
    return {
        "volumes": _volumes(settled_by_day(session, ids, since), since, days),
        "settling": _histogram("settling", "From seen to settled", taken),
        "blocks": _histogram("blocks", "Wait for the first block", [blocks.get(at, 0) for at in range(len(NAMES))]),
        "waiting": _waiting(ids, now),
    }


def _volumes(sums: Sequence[SettledSum], since: datetime, days: int) -> list[Chart]:
    """A chart for each currency, with every day in it."""
    by_day: dict[tuple[str, int], list[SettledSum]] = {}
    for each in sums:
        by_day.setdefault((each.currency, each.period), []).append(each)
    charts = []
    for currency in sorted({currency for currency, _ in by_day}):
        values = []
        for number in range(days):
            start = since + timedelta(days=number)
            of_day = by_day.get((currency, int(start.timestamp())), [])
            worth = rounded(worth_of(of_day), digits(currency) or 0)
            values.append(Value(f"{start:%m-%d}", worth, money(worth, currency)))
        charts.append(bar_chart(f"volume-{currency}", f"Settled per day in {currency}", currency, values))
    return charts


def _histogram(chart_id: str, title: str, counts: Sequence[int]) -> Chart:
    values = [
        Value(name, Decimal(count), f"{count} payment{'' if count == 1 else 's'}")
        for name, count in zip(NAMES, counts, strict=True)
    ]
    return bar_chart(chart_id, title, "payments", values, NARROW)


def _waiting(store_ids: Sequence[str], now: datetime) -> list[Waiting]:
    """What is seen and not settled, the longest waiting first."""
    height = newest_height(reading(), services().settings.network)
    return [
        Waiting(
            line.invoice_id,
            line.order_id or line.invoice_id,
            coins_text(line.value_sats),
            span(now - line.paid_at),
            0 if line.height is None else max(height - line.height + 1, 0),
            depth_to_settle(SpeedPolicy(policy), signals_rbf=signals_rbf, is_coinbase=False),
        )
        for line, policy, signals_rbf in unconfirmed_lines(reading(), store_ids, SHOWN)
    ]
