"""Make a store, and change the terms that its future invoices get."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.db.models import Store
from app.db.session import change
from app.domain.ids import new_id
from app.domain.invoice import NetworkFeeMode, SpeedPolicy
from app.errors import BadInput, NotFound

MINUTES_IN_A_MONTH = 30 * 24 * 60
SETTINGS = {
    "default_currency",
    "website",
    "speed_policy",
    "tolerance_percent",
    "expiration_minutes",
    "monitoring_minutes",
    "network_fee_mode",
    "anyone_can_create_invoice",
}


def create_store(name: str, now: datetime, settings: Mapping[str, Any] | None = None) -> str:
    """Create the store and return its id. BadInput (name, a setting)."""
    if not name.strip():
        raise BadInput("name", name, "give the store a name")
    with change() as session:
        store = Store(id=new_id(), name=name.strip(), created_at=now)
        _apply(store, settings or {})
        session.add(store)
        return store.id


def set_store(store_id: str, settings: Mapping[str, Any]) -> None:
    """Change the settings named, for invoices made from now on. NotFound, BadInput."""
    with change() as session:
        store = session.get(Store, store_id)
        if store is None:
            raise NotFound(f"there is no store {store_id}")
        _apply(store, settings)


def _apply(store: Store, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name not in SETTINGS:
            raise BadInput("setting", name, f"use one of {', '.join(sorted(SETTINGS))}")
        _require_usable(name, value)
        setattr(store, name, value)


def _require_usable(name: str, value: Any) -> None:
    if name == "tolerance_percent" and not Decimal(0) <= value < Decimal(100):
        raise BadInput("tolerance", str(value), "it is a percentage from 0 to less than 100")
    if name == "expiration_minutes" and not 1 <= value <= MINUTES_IN_A_MONTH:
        raise BadInput("expiration minutes", value, f"use 1 to {MINUTES_IN_A_MONTH}")
    if name == "monitoring_minutes" and not 0 <= value <= MINUTES_IN_A_MONTH:
        raise BadInput("monitoring minutes", value, f"use 0 to {MINUTES_IN_A_MONTH}")
    if name == "speed_policy" and value not in list(SpeedPolicy):
        raise BadInput("speed policy", value, f"use one of {', '.join(SpeedPolicy)}")
    if name == "network_fee_mode" and value not in list(NetworkFeeMode):
        raise BadInput("network fee mode", value, f"use one of {', '.join(NetworkFeeMode)}")
