"""Ask for a scan of the node's coins for those of a wallet; the worker does it when the node is ready."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from app.db.models import ChainGap, Wallet, WalletScan
from app.db.queries_wallet import waiting_scan, wallets_on
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotFound
from app.usecases.note_wallet import note_wallet

LATER = timedelta(days=1)


class ScanReason(StrEnum):
    """Why a wallet is scanned."""

    NEW = "new"  # its key may have been used before
    RESTORE = "restore"  # the database is one of the past
    RESTORE_LATER = "restore_later"  # buyers may pay for some time yet what the lost database asked for
    COMMAND = "command"
    HISTORY_LOST = "history_lost"  # there are blocks that we have not seen and never will


def request_scan(wallet_id: int, reason: ScanReason, now: datetime) -> int:
    """Ask for a scan of one wallet; returns the scan's id. NotFound."""
    with change() as session:
        if session.get(Wallet, wallet_id) is None:
            raise NotFound(f"there is no wallet {wallet_id}")
        note_wallet(session, Kind.WALLET_SCAN, wallet_id)
        return ask_for_scan(session, wallet_id, reason, now)


def ask_for_scans_after_restore(session: Session, wallet_id: int, now: datetime) -> None:
    """In the caller's change: a scan now, and another when what was asked of buyers has expired and confirmed."""
    ask_for_scan(session, wallet_id, ScanReason.RESTORE, now)
    ask_for_scan(session, wallet_id, ScanReason.RESTORE_LATER, now, LATER)


def note_gap(session: Session, network: str, from_height: int, to_height: int, now: datetime) -> None:
    """In the caller's change: blocks that we will never see. Scans are to make up for them; nothing expires before."""
    wallets = wallets_on(session, network)
    for wallet in wallets:
        ask_for_scan(session, wallet.id, ScanReason.HISTORY_LOST, now)
    gap = ChainGap(network=network, from_height=from_height, to_height=to_height, found_at=now)
    gap.closed_at = None if wallets else now
    session.merge(gap)


def ask_for_scan(
    session: Session, wallet_id: int, reason: ScanReason, now: datetime, after: timedelta = timedelta(0)
) -> int:
    """In the caller's change: a scan of the wallet, not before `after`. Returns its id.

    A scan that waits for the same reason answers this request as well.
    """
    waiting = waiting_scan(session, wallet_id, reason.value)
    if waiting is None:
        waiting = WalletScan(wallet_id=wallet_id, reason=reason.value, requested_at=now, due_at=now + after)
        session.add(waiting)
        session.flush()
    return waiting.id
