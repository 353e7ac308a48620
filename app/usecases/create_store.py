"""Make a store, and change the terms that its future invoices get."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.db.audit import note
from app.db.models import Store, StoreUser
from app.db.queries import store_in_use
from app.db.session import change
from app.domain.audit import Kind, changes
from app.domain.ids import new_id
from app.domain.invoice import NetworkFeeMode, SpeedPolicy
from app.domain.permissions import Role
from app.domain.store import LONGEST_SECONDS, SHORTEST_SECONDS, is_web_address, preferences, with_preferences
from app.errors import BadInput, NotFound

SETTINGS = {
    "name",
    "default_currency",
    "website",
    "speed_policy",
    "tolerance_percent",
    "expiration_seconds",
    "monitoring_seconds",
    "display_timer_seconds",
    "network_fee_mode",
    "redirect_automatically",
    "anyone_can_create_invoice",
    "default_payment_method",
    "tracked_currencies",
    "archived",
}
MAY_BE_EMPTIED = {"website", "default_payment_method"}


def create_store(
    name: str, now: datetime, settings: Mapping[str, Any] | None = None, owner_id: str | None = None
) -> str:
    """Create the store and return its id; a person who is named owns it. BadInput (name, a setting)."""
    _require_usable("name", name)
    with change() as session:
        store = Store(id=new_id(), name=name.strip(), created_at=now, preferences={})
        _apply(store, settings or {})
        session.add(store)
        if owner_id is not None:
            session.flush()
            session.add(StoreUser(store_id=store.id, user_id=owner_id, role=Role.OWNER.value))
        session.flush()
        note(session, Kind.STORE_CREATED, store.id, store.id, name=store.name, owner=owner_id)
        return store.id


def set_store(store_id: str, settings: Mapping[str, Any]) -> None:
    """Change the settings named, for future invoices; `preferences` keep their own names. NotFound, BadInput."""
    with change() as session:
        store = store_in_use(session, store_id)
        if store is None:
            raise NotFound(f"there is no store {store_id}")
        before = _settings_of(store)
        _apply(store, settings)
        if differing := changes(before, _settings_of(store)):
            note(session, Kind.STORE_CHANGED, store.id, store.id, changes=differing)


def _settings_of(store: Store) -> dict[str, Any]:
    return {name: getattr(store, name) for name in sorted(SETTINGS)} | preferences(store.preferences)


def _apply(store: Store, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name == "preferences":
            store.preferences = with_preferences(store.preferences, value)
            continue
        if name not in SETTINGS:
            raise BadInput("setting", name, f"use one of {', '.join(sorted(SETTINGS))}")
        _require_usable(name, value)
        setattr(store, name, value or None if name in MAY_BE_EMPTIED else value)


def _require_usable(name: str, value: Any) -> None:
    if name == "name" and not value.strip():
        raise BadInput("name", value, "give the store a name")
    if name == "website" and value and not is_web_address(value):
        raise BadInput("website", value, "give an absolute address: https://…")
    if name == "tolerance_percent" and not Decimal(0) <= value < Decimal(100):
        raise BadInput("tolerance", str(value), "it is a percentage from 0 to less than 100")
    if name in SHORTEST_SECONDS and not SHORTEST_SECONDS[name] <= value <= LONGEST_SECONDS:
        raise BadInput(name.replace("_", " "), value, f"use {SHORTEST_SECONDS[name]} to {LONGEST_SECONDS} seconds")
    if name == "speed_policy" and value not in list(SpeedPolicy):
        raise BadInput("speed policy", value, f"use one of {', '.join(SpeedPolicy)}")
    if name == "network_fee_mode" and value not in list(NetworkFeeMode):
        raise BadInput("network fee mode", value, f"use one of {', '.join(NetworkFeeMode)}")
