"""Matching by index: what a transaction has to do with us costs the same, however many invoices are open."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.db.models import ChainBlock, Payment, Prompt, SpentOutpoint, WatchedTransaction
from app.domain.chain import Outpoint, Transaction

BATCH = 500  # values in one IN list: within every engine's limit on parameters

T = TypeVar("T")


def batches(values: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def prompts_paid(session: Session, network: str, scripts: Iterable[bytes]) -> dict[bytes, Prompt]:
    """The prompts among `scripts`, keyed by scriptPubKey."""
    found: dict[bytes, Prompt] = {}
    for batch in batches(set(scripts)):
        rows = session.scalars(select(Prompt).where(Prompt.network == network, Prompt.script_pubkey.in_(batch)))
        found.update({row.script_pubkey: row for row in rows if row.script_pubkey is not None})
    return found


def spenders(session: Session, network: str, outpoints: Iterable[Outpoint]) -> dict[Outpoint, set[str]]:
    """The watched transactions that spend any of `outpoints`, keyed by outpoint."""
    found: dict[Outpoint, set[str]] = {}
    for batch in batches(set(outpoints)):
        pairs = [(outpoint.txid, outpoint.vout) for outpoint in batch]
        wanted = select(SpentOutpoint).where(
            SpentOutpoint.network == network, tuple_(SpentOutpoint.prev_txid, SpentOutpoint.prev_vout).in_(pairs)
        )
        for row in session.scalars(wanted):
            found.setdefault(Outpoint(row.prev_txid, row.prev_vout), set()).add(row.txid)
    return found


def descendants(session: Session, network: str, txid: str) -> set[str]:
    """The watched transactions that spend an output of `txid`, and those that spend theirs: they fall with it."""
    found: set[str] = set()
    frontier = {txid}
    while frontier:
        wanted = select(SpentOutpoint.txid).where(
            SpentOutpoint.network == network, SpentOutpoint.prev_txid.in_(frontier)
        )
        frontier = set(session.scalars(wanted)) - found
        found |= frontier
    return found


def watched(session: Session, network: str, txids: Iterable[str]) -> set[str]:
    """Which of `txids` carry payments of ours."""
    found: set[str] = set()
    for batch in batches(set(txids)):
        wanted = select(WatchedTransaction.txid).where(
            WatchedTransaction.network == network, WatchedTransaction.txid.in_(batch)
        )
        found.update(session.scalars(wanted))
    return found


def concerned(session: Session, network: str, transactions: Sequence[Transaction]) -> set[str]:
    """The txids that pay us, are known to carry our payments, or spend what one of those spends."""
    ours = watched(session, network, (tx.txid for tx in transactions))
    paid = prompts_paid(session, network, (out.script_pubkey for tx in transactions for out in tx.outputs))
    spent = spenders(session, network, (outpoint for tx in transactions for outpoint in tx.inputs))
    for tx in transactions:
        if any(out.script_pubkey in paid for out in tx.outputs) or any(outpoint in spent for outpoint in tx.inputs):
            ours.add(tx.txid)
    return ours


def payments_of(session: Session, network: str, txids: Iterable[str]) -> Sequence[Payment]:
    """The payments that these transactions carry."""
    return session.scalars(select(Payment).where(Payment.network == network, Payment.txid.in_(list(txids)))).all()


def payments_in_block(session: Session, network: str, block_hash: str) -> Sequence[Payment]:
    """The payments that the block with this hash confirms."""
    return session.scalars(select(Payment).where(Payment.network == network, Payment.block_hash == block_hash)).all()


def invoices_waiting_for_blocks(session: Session) -> set[str]:
    """Invoices with a payment in a block that is not deep enough yet: every block counts for them."""
    wanted = select(Payment.invoice_id).where(Payment.status == "Processing", Payment.height.is_not(None))
    return set(session.scalars(wanted.distinct()))


def unconfirmed_transactions(session: Session, network: str) -> Sequence[WatchedTransaction]:
    """Watched transactions that are in no block of the chain we stand on."""
    wanted = select(WatchedTransaction).where(WatchedTransaction.network == network, WatchedTransaction.unconfirmed)
    return session.scalars(wanted).all()


def block_at(session: Session, network: str, height: int) -> ChainBlock | None:
    """The stored block at `height`."""
    return session.get(ChainBlock, (network, height))


def newest_block(session: Session, network: str) -> ChainBlock | None:
    """The block our facts stand on."""
    wanted = select(ChainBlock).where(ChainBlock.network == network).order_by(ChainBlock.height.desc()).limit(1)
    return session.scalar(wanted)


def inputs_of(session: Session, network: str, txids: Iterable[str]) -> dict[str, list[Outpoint]]:
    """What each of the watched transactions spends."""
    found: dict[str, list[Outpoint]] = {}
    for batch in batches(set(txids)):
        wanted = select(SpentOutpoint).where(SpentOutpoint.network == network, SpentOutpoint.txid.in_(batch))
        for row in session.scalars(wanted):
            found.setdefault(row.txid, []).append(Outpoint(row.prev_txid, row.prev_vout))
    return found
