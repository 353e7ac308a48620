"""The course of a scan: begun, told how far it is, put off, given up. `record_scan` writes how it ended well."""

from dataclasses import dataclass
from datetime import datetime

from app.db.models import WalletScan
from app.db.queries import reading, tip_to_assess_on
from app.db.queries_wallet import next_scan
from app.db.session import change


@dataclass(frozen=True)
class ScanJob:
    """A scan that has begun."""

    id: int
    wallet_id: int
    descriptor: str
    next_index: int


def start_next_scan(network: str, now: datetime) -> ScanJob | None:
    """Begin the oldest scan asked for, or begin it again; None when there is none, or no block we stand on."""
    session = reading()
    session.rollback()
    if next_scan(session, network, now) is None or tip_to_assess_on(session, network) is None:
        return None
    with change() as session:
        scan = next_scan(session, network, now)
        if scan is None:
            return None
        scan.state, scan.progress_percent, scan.message, scan.started_at = "running", 0, "", now
        return ScanJob(scan.id, scan.wallet_id, scan.wallet.descriptor, scan.wallet.next_index)


def tell_progress(scan_id: int, range_end: int, percent: int) -> None:
    """Up to which index the node looks, and how far it is."""
    with change() as session:
        scan = session.get_one(WalletScan, scan_id)
        scan.progress_percent, scan.range_end = percent, range_end


def put_off(scan_id: int, why: str) -> None:
    """The node cannot do it now; it will be begun again."""
    with change() as session:
        scan = session.get_one(WalletScan, scan_id)
        scan.state, scan.progress_percent, scan.message = "waiting", 0, why


def give_up(scan_id: int, why: str, now: datetime) -> None:
    """The scan failed, and would fail again."""
    with change() as session:
        scan = session.get_one(WalletScan, scan_id)
        scan.state, scan.message, scan.finished_at = "failed", why, now
