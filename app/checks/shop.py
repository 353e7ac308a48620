"""Can every store sell, and do the shops hear of it?"""

from datetime import timedelta

from app.db.queries import reading
from app.db.queries_checks import Troubled, failed_deliveries, stores_without_wallet, waiting_deliveries
from app.db.queries_rates import rates_now, rates_of_stores
from app.domain.findings import Finding, failed, ok, warning
from app.domain.rates import COIN, Pair
from app.services import Services

FAILED_SINCE = timedelta(days=7)
WAITING = timedelta(hours=1)
SHOWN = 3


def rates(services: Services) -> Finding:
    """A rate for every store's currency, fresh enough to sell at."""
    check, now, source = "rates", services.clock.now(), services.settings.rate_source
    wanted = {(store.rates, Pair(COIN, store.currencies[0])) for store in rates_of_stores(reading())}
    problems: list[str] = []
    for rules, pair in sorted(wanted, key=lambda each: each[1]):
        problems += rates_now(reading(), rules, source, [pair], now)[pair].problems
    if problems:
        says = "; ".join(dict.fromkeys(problem.partition(": ")[2] for problem in problems))
        return failed(
            check,
            f"{says}: no invoice can be made there",
            "see that the worker runs and reaches its rate sources; check the stores' currencies and rate rules",
        )
    return ok(check, f"{', '.join(sorted({str(pair) for _, pair in wanted})) or 'none'} needed and fresh")


def wallets(services: Services) -> Finding:  # noqa: ARG001 - the database alone tells
    """A store without a wallet cannot be paid."""
    without, stores = stores_without_wallet(reading())
    if without:
        says = f"stores without one: {len(without)} of {stores} ({', '.join(without[:SHOWN])})"
        return failed("wallets", says, "flask wallet add STORE KEY")
    if not stores:
        return warning("wallets", "there is no store yet", "flask store create NAME")
    return ok("wallets", f"each store has one ({stores})")


def deliveries(services: Services) -> Finding:
    """What the shops were never told, by IPN or webhook, or wait for."""
    check, now = "deliveries", services.clock.now()
    lost = failed_deliveries(reading(), now - FAILED_SINCE)
    if lost:
        says = f"failed for good in the last {FAILED_SINCE.days} days: {_how_many(lost)}"
        return failed(check, says, _remedy(lost))
    late = waiting_deliveries(reading(), now - WAITING)
    if late:
        return warning(check, f"waiting for more than an hour: {_how_many(late)}", _remedy(late))
    return ok(check, "none failed, none waits for more than an hour")


def _how_many(troubled: list[Troubled]) -> str:
    """Hosts alone: an address may hold a secret."""
    hosts = sorted({each.host for each in troubled})
    return f"{sum(each.count for each in troubled)}, to {', '.join(hosts[:SHOWN])}"


def _remedy(troubled: list[Troubled]) -> str:
    remedy = "see that the shop answers; `flask invoice show ID` has every attempt"
    webhooks = [each.webhook_id for each in troubled if each.webhook_id is not None]
    if webhooks:
        remedy += "".join(f", `flask webhook deliveries {webhook_id}` too" for webhook_id in webhooks[:SHOWN])
        remedy += "; `flask webhook redeliver DELIVERY` sends one again"
    return remedy
