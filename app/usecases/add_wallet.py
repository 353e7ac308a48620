"""Let a store be paid to an account key. Stores that give the same key share the wallet and its address counter."""

from datetime import datetime

from app.db.models import Store, StorePaymentMethod, Wallet
from app.db.queries_wallet import wallet_of
from app.db.session import change
from app.errors import NotFound
from app.usecases.request_scan import ScanReason, ask_for_scan

ONCHAIN = "BTC-CHAIN"


def add_wallet(store_id: str, descriptor: str, network: str, now: datetime) -> int:
    """Pay the store's next invoices to `descriptor`; returns the wallet's id. Older invoices keep theirs. NotFound.

    A new wallet is scanned: its key may have been used before.
    """
    with change() as session:
        if session.get(Store, store_id) is None:
            raise NotFound(f"there is no store {store_id}")
        wallet = wallet_of(session, network, descriptor)
        if wallet is None:
            wallet = Wallet(network=network, descriptor=descriptor, created_at=now)
            session.add(wallet)
            session.flush()
            ask_for_scan(session, wallet.id, ScanReason.NEW, now)
        method = session.get(StorePaymentMethod, (store_id, ONCHAIN))
        if method is None:
            session.add(StorePaymentMethod(store_id=store_id, payment_method=ONCHAIN, wallet_id=wallet.id))
        else:
            method.wallet_id, method.enabled = wallet.id, True
        return wallet.id
