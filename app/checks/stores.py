"""Can this store sell, and does its shop hear of it? Each is about one store, for those who may see it."""

from collections.abc import Callable

from app.checks.shop import FAILED_SINCE, WAITING
from app.db.models import Store
from app.db.queries import reading
from app.db.queries_checks import failed_deliveries, waiting_deliveries
from app.db.queries_needs import clients_of, keys_for, last_told, webhooks_in_use
from app.db.queries_rates import rates_now, rates_of_store
from app.db.queries_stores import all_payment_methods
from app.db.queries_wallet import running_gap
from app.domain.findings import Finding, failed, ok, warning
from app.domain.gap import USUAL_GAP_LIMIT
from app.domain.permissions import Permission, Policy, permission
from app.domain.rates import COIN, Pair
from app.services import Services

StoreCheck = Callable[[Services, Store], Finding]

NEARLY_WIDE = USUAL_GAP_LIMIT * 3 // 4


def wallet(services: Services, store: Store) -> Finding:  # noqa: ARG001 - all have one form
    """Where it is paid to, and how many addresses in a row wait for a payment."""
    check = "wallet"
    methods = [method for method in all_payment_methods(reading(), store.id) if method.enabled]
    if not methods:
        return failed(check, "it has no wallet, so no invoice can be made", f"flask wallet add {store.id} KEY")
    gap = max((running_gap(reading(), method.wallet) for method in methods), key=lambda each: each.unpaid_run)
    row = "1 address in a row was" if gap.unpaid_run == 1 else f"{gap.unpaid_run} addresses in a row were"
    says = f"{row} not paid; wallets look {USUAL_GAP_LIMIT} ahead"
    if gap.is_wide:
        return warning(check, says, f"set the gap limit of the wallet that holds the keys to {gap.gap_limit}")
    if gap.unpaid_run >= NEARLY_WIDE:
        return warning(check, says, "see who makes invoices that nobody pays; a larger gap limit in your wallet helps")
    return ok(check, f"paid to {', '.join(method.payment_method for method in methods)}; {says}")


def rates(services: Services, store: Store) -> Finding:
    """A rate of its currency that it can sell at now."""
    check, found = "rates", rates_of_store(reading(), store.id)
    if found is None:
        return failed(check, "the store is gone", "open this page again")
    pair = Pair(COIN, found.currencies[0])
    now, source = services.clock.now(), services.settings.rate_source
    outcome = rates_now(reading(), found.rates, source, [pair], now)[pair]
    if outcome.problems:
        says = "; ".join(dict.fromkeys(problem.partition(": ")[2] or problem for problem in outcome.problems))
        return failed(check, f"{says}: no invoice can be made", "see that the worker runs; check the store's rates")
    return ok(check, f"{pair} is fresh")


def told(services: Services, store: Store) -> Finding:
    """What the shop was never told, by IPN or webhook, or waits for."""
    check, now = "webhooks", services.clock.now()
    lost = failed_deliveries(reading(), now - FAILED_SINCE, store.id)
    remedy = "see that the shop answers; an invoice's page shows each try and sends it again"
    if lost:
        says = f"deliveries that failed for good in the last {FAILED_SINCE.days} days: {sum(x.count for x in lost)}"
        return failed(check, f"{says}, to {', '.join(sorted({each.host for each in lost}))}", remedy)
    late = waiting_deliveries(reading(), now - WAITING, store.id)
    if late:
        says = f"deliveries that wait for more than an hour: {sum(each.count for each in late)}"
        return warning(check, f"{says}, to {', '.join(sorted({each.host for each in late}))}", remedy)
    hooks = webhooks_in_use(reading(), store.id)
    if not hooks:
        return ok(check, "none is set up; shops with the older plugin are told by IPN")
    tries = [each for each in (last_told(reading(), hook.id) for hook in hooks) if each is not None]
    if not tries:
        return ok(check, f"{len(hooks)} set up, and nothing was to be told yet")
    newest = max(tries, key=lambda each: each.at)
    return ok(check, f"{len(hooks)} set up; the last delivery was at {newest.at:%Y-%m-%d %H:%M} UTC")


def shop(services: Services, store: Store) -> Finding:
    """Has a shop the means to make invoices, and did it use them? That is all that can be told from here."""
    check = "shop"
    wanted = Permission(Policy.CREATE_INVOICE, store.id)
    keys = [key for key in keys_for(reading(), store.id) if _reach(key.permissions, wanted)]
    paired = clients_of(reading(), store.id)
    if not keys and not paired:
        remedy = f"in the shop's Bitcoin plugin, enter {services.settings.public_url} and follow its wizard"
        return warning(check, "no shop is connected", remedy)
    used = [key.last_used_at for key in keys if key.last_used_at is not None]
    if used:
        return ok(check, f"connected; its key was used last at {max(used):%Y-%m-%d %H:%M} UTC")
    if paired:
        return ok(check, f"connected by BitPay pairing ({paired})")
    return warning(check, "a key was made for it, and never used", "finish the plugin's wizard, or place a test order")


def _reach(texts: list[str], wanted: Permission) -> bool:
    """Does one of these permissions include it? Those of a newer version are passed over."""
    for text in texts:
        try:
            if permission(text).includes(wanted):
                return True
        except ValueError:
            continue
    return False


CHECKS: tuple[StoreCheck, ...] = (wallet, rates, told, shop)
