"""Choose where a store's rates come from, and what its spread is."""

from collections.abc import Collection
from decimal import Decimal
from typing import Literal

from app.db.audit import note
from app.db.queries import store_in_use
from app.db.session import change
from app.domain.audit import Kind, changes
from app.domain.rate_rules import RateSettings, sources_named
from app.errors import BadInput, NotFound

Which = Literal["primary", "fallback"]


def set_rates(store_id: str, which: Which, settings: RateSettings | None) -> None:
    """For invoices made from now on. No settings: the server's rules, or no fallback. NotFound."""
    with change() as session:
        store = store_in_use(session, store_id)
        if store is None:
            raise NotFound(f"there is no store {store_id}")
        stored = settings.to_json() if settings else None
        before = (store.primary_rates if which == "primary" else store.fallback_rates) or {}
        note(session, Kind.RATES_CHANGED, which, store_id, changes=changes(before, stored or {}))
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
