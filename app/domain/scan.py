"""Scans of the node's unspent coins for those of one wallet: how far to look, and what a coin found says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.chain import BlockHeader, Outpoint, Transaction

LOOK_AHEAD = 1_000  # indexes beyond the next one: an earlier server may have had that many unpaid invoices
ROOM = 500  # indexes without a coin that the end of a range must leave
EARLIER = timedelta(hours=2)  # what a block's own time may be behind the day


@dataclass(frozen=True)
class FoundOutput:
    """A coin of a wallet in a block of the node's chain."""

    outpoint: Outpoint
    address_index: int
    script_pubkey: bytes
    value_sats: int
    height: int
    block_hash: str
    is_coinbase: bool


@dataclass(frozen=True)
class Evidence:
    """The block that holds a coin, and the transaction that made it; None when the node has deleted its bytes."""

    header: BlockHeader
    transaction: Transaction | None


def first_range(next_index: int) -> tuple[int, int]:
    """The first and the last index to look at."""
    return 0, next_index + LOOK_AHEAD


def further_range(last: int, highest_found: int | None) -> tuple[int, int] | None:
    """What else to look at after a coin was found close to `last`; None when there is room enough."""
    if highest_found is None or highest_found <= last - ROOM:
        return None
    return last + 1, highest_found + LOOK_AHEAD


def pays_invoice(block_time: datetime, invoice_created_at: datetime) -> bool:
    """Can a coin in a block of that time have been paid for the invoice? An address may be older than its invoice."""
    return block_time >= invoice_created_at - EARLIER
