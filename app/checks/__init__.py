"""The checks of the installation: each is a small function that returns one Finding (or several) with its remedy.

`flask doctor` runs all of them. What a page may show without asking the node is in `stored_findings`.
"""

from collections.abc import Callable

from app.checks import database, invoices, node, settings, shop, upkeep, worker
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
)
OF_MACHINE: tuple[Check, ...] = (upkeep.disk,)


def stored_findings(services: Services) -> list[Finding]:
    """What settings, database and disk tell. What depends on a check that failed is left out."""
    found = [check(services) for check in OF_SETTINGS]
    for check in OF_DATABASE:
        found.append(check(services))
        if found[-1].level is Level.FAILED:
            break
    else:
        found += [check(services) for check in OF_FACTS]
    return found + [check(services) for check in OF_MACHINE]


def all_findings(services: Services) -> list[Finding]:
    """The same, and what the node answers now."""
    return [*stored_findings(services), *node.findings(services)]
