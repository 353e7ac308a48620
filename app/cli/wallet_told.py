"""Wallets as commands tell them: to scripts as JSON, to operators in sentences."""

from typing import Any

from app.db.models import Wallet, WalletScan
from app.db.queries import reading
from app.db.queries_wallet import ListedWallet, listed_wallets, newest_scan, strays_of
from app.errors import NotFound
from app.services import services
from app.usecases.request_scan import ScanReason
from app.usecases.take_address import MarkState, mark_state

STOPPED = {
    MarkState.MISSING: "the mark of its address index is not in the data directory",
    MarkState.FOREIGN: "the mark in the data directory is another database's or another machine's",
    MarkState.DAMAGED: "the mark of its address index cannot be read",
}


def the_wallet(wallet_id: int) -> ListedWallet:
    """The wallet of that number. NotFound."""
    found = listed_wallets(reading(), services().settings.network, wallet_id)
    if not found:
        raise NotFound(f"there is no wallet {wallet_id}; `flask wallet list` shows them")
    return found[0]


def told_wallet(entry: ListedWallet) -> dict[str, Any]:
    """A wallet as scripts read it."""
    gap, row = entry.gap, entry.wallet
    restore = newest_scan(reading(), row.id, ScanReason.RESTORE)
    return {
        "id": row.id,
        "network": row.network,
        "descriptor": row.descriptor,
        "next_index": row.next_index,
        "stores": [{"id": store.id, "name": store.name} for store in entry.stores],
        "gap": {
            "last_paid_index": gap.last_paid_index,
            "unpaid_run": gap.unpaid_run,
            "longest_run": gap.longest_run,
            "gap_limit": gap.gap_limit,
            "is_wide": gap.is_wide,
        },
        "mark": _mark(row),
        "restore_noticed_at": restore.requested_at.isoformat() if restore else None,
        "strays": entry.strays,
        "scan": told_scan(entry.scan) if entry.scan else None,
    }


def told_scan(scan: WalletScan) -> dict[str, Any]:
    """A scan as scripts read it."""
    return {
        "id": scan.id,
        "reason": scan.reason,
        "state": scan.state,
        "progress_percent": scan.progress_percent,
        "range_end": scan.range_end,
        "found_outputs": scan.found_outputs,
        "found_payments": scan.found_payments,
        "message": scan.message,
        "requested_at": scan.requested_at.isoformat(),
        "finished_at": scan.finished_at.isoformat() if scan.finished_at else None,
    }


def told_strays(wallet: Wallet) -> list[dict[str, Any]]:
    """The coins of a wallet that no invoice accounts for."""
    return [
        {
            "outpoint": f"{row.txid}-{row.vout}",
            "address_index": row.address_index,
            "address": services().derive(wallet.descriptor, row.address_index).address,
            "value_sats": row.value_sats,
            "height": row.height,
        }
        for row in strays_of(reading(), wallet.id)
    ]


def warnings(entry: ListedWallet) -> list[str]:
    """What an operator must know of a wallet, in sentences."""
    said, gap, number = [], entry.gap, entry.wallet.id
    if gap.is_wide:
        said.append(
            f"{gap.longest_run} addresses in a row were not paid: set the gap limit of the wallet that holds the keys "
            f"to {gap.gap_limit}, or it will not show every payment"
        )
    if entry.strays:
        said.append(f"{entry.strays} coins came in that no invoice accounts for: `flask wallet gap {number}`")
    state = MarkState(_mark(entry.wallet)["state"])
    if state.stops:
        said.append(f"{STOPPED[state]}: no invoice can be made until `flask wallet skip {number} N`")
    if restore := newest_scan(reading(), number, ScanReason.RESTORE):
        said.append(f"the database was found restored from a backup at {restore.requested_at:%Y-%m-%d %H:%M} UTC")
    return said


def _mark(wallet: Wallet) -> dict[str, Any]:
    file = services().marks.of(wallet.network, wallet.descriptor)
    state = mark_state(wallet, file)
    mark = None if state is MarkState.DAMAGED else file.read()
    return {
        "state": state.value,
        "ceiling": mark.ceiling if mark else None,
        "given_out": mark.given if mark else None,
        "file": str(file.path),
    }
