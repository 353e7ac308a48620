"""Can every store sell, and do the shops hear of it?"""

from datetime import timedelta
from urllib.parse import urlsplit

from app.db.queries import reading
from app.db.queries_checks import failed_deliveries, rates_wanted, stores_without_wallet, waiting_deliveries
from app.domain.findings import Finding, failed, ok, warning
from app.services import Services
from app.usecases.create_invoice import QUOTE_VALID

FAILED_SINCE = timedelta(days=7)
WAITING = timedelta(hours=1)
SHOWN = 3


def rates(services: Services) -> Finding:
    """A rate for every store's currency, fresh enough to sell at."""
    check, now = "rates", services.clock.now()
    wanted = rates_wanted(reading(), services.settings.rate_source)
    missing = [f"{w.pair} from {w.source}" for w in wanted if w.at is None]
    old = [f"{w.pair} from {w.source}" for w in wanted if w.at and w.source != "fixed" and w.at < now - QUOTE_VALID]
    if missing or old:
        minutes = int(QUOTE_VALID.total_seconds()) // 60
        says = [f"there is no rate for {', '.join(missing)}"] if missing else []
        says += [f"the rate is older than {minutes} minutes for {', '.join(old)}"] if old else []
        return failed(
            check,
            "; ".join(says) + ": no invoice can be made",
            "see that the worker runs and reaches its rate source; check the stores' currencies",
        )
    return ok(check, f"{', '.join(sorted({w.pair for w in wanted})) or 'none'} needed and fresh")


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
