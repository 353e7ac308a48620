"""The checks of the installation: each is a small function that returns one Finding (or several) with its remedy.

`flask doctor` runs all of them. What a page may show without asking the node is in `stored_findings`.
"""

from collections.abc import Callable, Sequence

from app.checks import database, invoices, node, settings, shop, stores, upkeep, woo, worker
from app.db.models import Store
from app.domain.findings import Finding, Level
from app.services import Services

Check = Callable[[Services], Finding]

OF_SETTINGS: tuple[Check, ...] = (settings.public_url, settings.data_dir, settings.private_targets)
OF_DATABASE: tuple[Check, ...] = (database.answers, database.revision)
OF_FACTS: tuple[Check, ...] = (
    worker.runs,
    worker.node_state,
    worker.observed,
    shop.rates,
    shop.wallets,
    shop.deliveries,
    invoices.alerts,
    upkeep.backups,
    woo.sealing,
)
UNDER_SHOPS = ("database", "revision")  # without them nobody knows of a shop
OF_MACHINE: tuple[Check, ...] = (upkeep.disk,)


def stored_findings(services: Services) -> list[Finding]:
    """What settings, database and disk tell. What depends on a check that failed is left out."""
    return _findings(services, OF_FACTS)


def installation_findings(services: Services) -> list[Finding]:
    """What concerns the machine and not the stores, of the same: for whoever runs it."""
    of_stores = (shop.rates, shop.wallets, shop.deliveries, invoices.alerts)
    return _findings(services, tuple(check for check in OF_FACTS if check not in of_stores))


def store_findings(services: Services, store: Store) -> list[Finding]:
    """What one store needs in order to sell, and to hear of it."""
    return [check(services, store) for check in (*stores.CHECKS, woo.orders)]


def all_findings(services: Services) -> list[Finding]:
    """The same, and what the node and the shops answer now."""
    found = [*stored_findings(services), *node.findings(services)]
    if any(each.check in UNDER_SHOPS and each.level is Level.FAILED for each in found):
        return found
    return found + woo.live_findings(services)


def _findings(services: Services, of_facts: Sequence[Check]) -> list[Finding]:
    found = [check(services) for check in OF_SETTINGS]
    for check in OF_DATABASE:
        found.append(check(services))
        if found[-1].level is Level.FAILED:
            break
    else:
        found += [check(services) for check in of_facts]
    return found + [check(services) for check in OF_MACHINE]
