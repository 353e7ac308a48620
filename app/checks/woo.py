"""The shops that stores are connected to: what the worker found last, and, for the command line, what they say now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.db.models import Shop, Store
from app.db.queries import reading
from app.db.queries_needs import clients_of
from app.db.queries_shops import all_shops, shop_of, store_terms
from app.db.queries_webhooks import webhooks_of_store
from app.domain.findings import Finding, Level, failed, ok, warning
from app.domain.probe import probe_finding
from app.domain.trial_event import event_for_test
from app.domain.webhooks import SIGNATURE_HEADER, WebhookType, signature
from app.sealing import HOW, CannotUnseal
from app.services import Services

LONG_DOWN = timedelta(minutes=10)


def kept_findings(kept: Sequence[Mapping[str, Any]] | None) -> list[Finding]:
    """As the worker kept them."""
    return [
        Finding(str(each["check"]), Level(each["level"]), str(each["says"]), str(each.get("remedy") or ""))
        for each in kept or ()
    ]


def orders(services: Services, store: Store) -> Finding:
    """Are the store's orders read back from its shop?"""
    check, shop = "orders", shop_of(reading(), store.id)
    if shop is None:
        return ok(check, "they are not read back; the store's Shop page connects them")
    silence = silent(services, shop)
    if silence is not None and silence.level is Level.FAILED:
        return silence
    for level in (Level.FAILED, Level.WARNING):
        found = [each for each in kept_findings(shop.findings) if each.level is level]
        if found:
            more = f" (and {len(found) - 1} more on its Shop page)" if len(found) > 1 else ""
            return Finding(check, level, f"{found[0].check}: {found[0].says}{more}", found[0].remedy)
    return ok(check, f"they are read back from {shop.name}")


def silent(services: Services, shop: Shop) -> Finding | None:
    """Why orders are not read back now, whatever was found in the shop when it was looked at. None when they are."""
    check = "orders"
    if not _opens(services, shop):
        return failed(check, f"they are not read back: the key of {shop.name} does not open", HOW)
    if shop.failing_since is None:
        return None
    says = f"the shop has not answered since {shop.failing_since:%Y-%m-%d %H:%M} UTC: {shop.trouble_says}"
    if services.clock.now() - shop.failing_since > LONG_DOWN:
        return failed(check, says, "see that it runs; orders are read back again by themselves as soon as it does")
    return warning(check, says, "it is asked again by itself; if it stays so, see that it runs")


def sealing(services: Services) -> Finding:
    """What is encrypted must open, or no shop can be asked."""
    check, shops = "sealing key", all_shops(reading())
    if not shops:
        set_up = "is set" if services.sealer.is_ready else "is not set; none is needed before a shop is connected"
        return ok(check, f"SATTLE_SEALING_KEY {set_up}")
    shut = [shop.name for shop in shops if not _opens(services, shop)]
    if shut:
        says = f"the keys of {len(shut)} of {len(shops)} shops do not open ({', '.join(shut[:3])})"
        return failed(check, says, f"{HOW}, with the key before behind a comma")
    return ok(check, f"what is kept of each connected shop opens ({len(shops)})")


def live_findings(services: Services) -> list[Finding]:
    """Ask every shop now, and every webhook of its store. For the command line: no page waits for shops."""
    found = []
    for shop in all_shops(reading()):
        found += [replace(each, check=f"{shop.name}: {each.check}") for each in _live(services, shop)]
    return found


def probes(services: Services, store_id: str) -> list[Finding]:
    """One harmless event to each webhook that is on, and who answered."""
    session = reading()
    session.rollback()
    rows = [row for row in webhooks_of_store(session, store_id) if row.enabled]
    asked = [(row.endpoint.host, row.endpoint.url, row.id, row.secret) for row in rows]
    session.rollback()
    if not asked and clients_of(reading(), store_id):
        return [ok("webhook", "none; the older plugin is told by IPN, to an address of each invoice")]
    if not asked:
        return [warning("webhook", "no webhook is enabled", "connect the shop's plugin: it makes one")]
    return [_probe(services, store_id, *each) for each in asked]


def _live(services: Services, shop: Shop) -> list[Finding]:
    try:
        key = services.sealer.unseal(shop.sealed_key, shop.store_id)
    except CannotUnseal as trouble:
        return [failed("key", str(trouble), "")]
    seen = services.examine_shop(shop.home_url, key, store_terms(shop.store, shop))
    return [*seen.findings, *probes(services, shop.store_id)]


def _opens(services: Services, shop: Shop) -> bool:
    try:
        services.sealer.unseal(shop.sealed_key, shop.store_id)
    except CannotUnseal:
        return False
    return True


def _probe(services: Services, store_id: str, host: str, url: str, webhook_id: str, secret: str) -> Finding:
    body = event_for_test(WebhookType.SETTLED, webhook_id, store_id, services.clock.now())
    answer = services.door.post(url, body, {SIGNATURE_HEADER: signature(secret, body)})
    return probe_finding(host, answer.status, answer.error, answer.excerpt, answer.server)
