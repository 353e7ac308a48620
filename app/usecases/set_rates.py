"""Choose where a store's rates come from, and what its spread is."""

from collections.abc import Collection
from decimal import Decimal
from typing import Literal

from app.db.audit import note
from app.db.models import Store
from app.db.queries import store_in_use
from app.db.session import Session, change
from app.domain.audit import Kind, changes
from app.domain.rate_rules import RateSettings, StoreRates, sources_named
from app.errors import BadInput, NotFound

Which = Literal["primary", "fallback"]


def set_rates(store_id: str, which: Which, settings: RateSettings | None) -> None:
    """For invoices made from now on. No settings: the server's rules, or no fallback. NotFound."""
    with change() as session:
        _set(_store(session, store_id), which, settings, session)


def set_all_rates(store_id: str, rates: StoreRates) -> None:
    """Both at once, as the store's page has them: no invoice is made by half of it. NotFound."""
    with change() as session:
        store = _store(session, store_id)
        _set(store, "primary", rates.primary, session)
        _set(store, "fallback", rates.fallback, session)


def _store(session: Session, store_id: str) -> Store:
    store = store_in_use(session, store_id)
    if store is None:
        raise NotFound(f"there is no store {store_id}")
    return store


def _set(store: Store, which: Which, settings: RateSettings | None, session: Session) -> None:
    stored = settings.to_json() if settings else None
    before = (store.primary_rates if which == "primary" else store.fallback_rates) or {}
    if differing := changes(before, stored or {}):
        note(session, Kind.RATES_CHANGED, which, store.id, changes=differing)
    if which == "primary":
        store.primary_rates = stored
    else:
        store.fallback_rates = stored


def require_usable(settings: RateSettings, offered: Collection[str]) -> None:
    """BadInput (spread, preferredSource, effectiveScript) when nothing could be sold by these settings."""
    if not Decimal(0) <= settings.spread_percent < Decimal(100):
        raise BadInput("spread", str(settings.spread_percent), "it is a percentage from 0 to less than 100")
    if settings.source is not None and settings.source not in offered:
        raise BadInput("preferredSource", settings.source, f"use one of {', '.join(sorted(offered))}")
    if settings.script is not None:
        unknown = sorted(sources_named(settings.script) - set(offered))
        if unknown:
            raise BadInput("effectiveScript", unknown[0], f"it is no source here; use {', '.join(sorted(offered))}")
