"""Can every store sell, and do the shops hear of it?"""

from datetime import timedelta
from urllib.parse import urlsplit

from app.db.queries import reading
from app.db.queries_checks import failed_deliveries, stores_without_wallet, waiting_deliveries
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
    """What the shops were never told, or wait for."""
    check, now = "deliveries", services.clock.now()
    lost, lost_urls = failed_deliveries(reading(), now - FAILED_SINCE)
    late, late_urls = waiting_deliveries(reading(), now - WAITING)
    remedy = "see that the shop answers; `flask invoice show ID` has every attempt"
    if lost:
        says = f"failed for good in the last {FAILED_SINCE.days} days: {lost}, to {_hosts(lost_urls)}"
        return failed(check, says, remedy)
    if late:
        return warning(check, f"waiting for more than an hour: {late}, to {_hosts(late_urls)}", remedy)
    return ok(check, "none failed, none waits for more than an hour")


def _hosts(urls: list[str]) -> str:
    """Hosts alone: an address may hold a secret."""
    return ", ".join(sorted({urlsplit(url).netloc.rpartition("@")[2] for url in urls})[:SHOWN])
