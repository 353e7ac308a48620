"""Offer a payment method of a store, or stop offering it. Invoices that were made keep their addresses either way."""

from collections.abc import Mapping
from typing import Any

from app.db.audit import note
from app.db.models import StorePaymentMethod
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotFound


def set_payment_method(
    store_id: str, payment_method: str, *, enabled: bool | None = None, noted: Mapping[str, Any] | None = None
) -> None:
    """Change whether it is offered, and what is noted beside its key (label, path); None keeps. NotFound."""
    with change() as session:
        method = session.get(StorePaymentMethod, (store_id, payment_method))
        if method is None:
            raise NotFound(f"the store has no wallet for {payment_method} yet")
        if enabled is not None:
            method.enabled = enabled
        if noted:
            method.given = {**(method.given or {}), **noted}
        said = {"enabled": enabled, "noted": sorted(noted) if noted else None}
        note(session, Kind.WALLET_CHANGED, method.wallet_id, store_id, method=payment_method, **said)


def remove_payment_method(store_id: str, payment_method: str) -> None:
    """The wallet stays, and with it its address counter: the same key goes on where it was. NotFound."""
    with change() as session:
        method = session.get(StorePaymentMethod, (store_id, payment_method))
        if method is None:
            raise NotFound(f"the store has no wallet for {payment_method}")
        note(session, Kind.WALLET_REMOVED, method.wallet_id, store_id, method=payment_method)
        session.delete(method)
