"""Let a store be paid to an account key. Stores that give the same key share the wallet and its address counter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import StorePaymentMethod, Wallet
from app.db.queries import store_in_use
from app.db.queries_wallet import wallet_of
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotFound
from app.usecases.request_scan import ScanReason, ask_for_scan

ONCHAIN = "BTC-CHAIN"


def add_wallet(
    store_id: str,
    descriptor: str,
    network: str,
    now: datetime,
    *,
    given: Mapping[str, Any] | None = None,
    enabled: bool = True,
) -> int:
    """Pay the store's next invoices to `descriptor`; returns the wallet's id. Older invoices keep theirs. NotFound.

    `given` is how a client wrote the key, with its label. A new wallet is scanned: its key may have been used before.
    """
    with change() as session:
        if store_in_use(session, store_id) is None:
            raise NotFound(f"there is no store {store_id}")
        wallet_id = _wallet(session, network, descriptor, now)
        method = session.get(StorePaymentMethod, (store_id, ONCHAIN))
        if method is None:
            method = StorePaymentMethod(store_id=store_id, payment_method=ONCHAIN)
            session.add(method)
        replaced = method.wallet_id if method.wallet_id != wallet_id else None
        method.wallet_id, method.enabled, method.given = wallet_id, enabled, dict(given) if given else None
        note(session, Kind.WALLET_SET, wallet_id, store_id, method=ONCHAIN, enabled=enabled, replaces=replaced)
        return wallet_id


def _wallet(session: Session, network: str, descriptor: str, now: datetime) -> int:
    wallet = wallet_of(session, network, descriptor)
    if wallet is None:
        wallet = Wallet(network=network, descriptor=descriptor, created_at=now)
        session.add(wallet)
        session.flush()
        ask_for_scan(session, wallet.id, ScanReason.NEW, now)
    return wallet.id
