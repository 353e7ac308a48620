"""What the explorer asks: where our facts stand, which payments and blocks they concern."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, bindparam, delete, insert, inspect, select, update
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.util import identity_key

from app.db.matching import batches, prefix_range
from app.db.models import (
    Alert,
    ChainBlock,
    ChainGap,
    Invoice,
    Payment,
    Prompt,
    SpentOutpoint,
    WatchedTransaction,
)
from app.domain.chain import BlockHeader, Outpoint, Transaction

KEPT_LONGER = 1_000  # blocks below which what was spent has been forgotten before
NEWEST = (ChainBlock.height.desc(),)

# What is asked for every block is put together once: during a catch-up this is where the time goes.
NEWEST_HASH = select(ChainBlock.hash).where(ChainBlock.network == bindparam("of")).order_by(*NEWEST).limit(1)
ADD_BLOCK = insert(ChainBlock)
WAITING = (
    select(Payment.id)
    .where(Payment.status == "Processing", Payment.height.is_not(None), Payment.network == bindparam("of"))
    .limit(1)
)


def prompts_paid(session: Session, network: str, scripts: Collection[bytes]) -> dict[bytes, Prompt]:
    """The prompts of these scriptPubKeys, each with its invoice, whole."""
    found: dict[bytes, Prompt] = {}
    invoice = joinedload(Prompt.invoice)
    whole = (invoice.selectinload(Invoice.payments), invoice.selectinload(Invoice.prompts))
    for batch in batches(scripts):
        wanted = select(Prompt).where(Prompt.network == network, Prompt.script_pubkey.in_(batch)).options(*whole)
        found.update({row.script_pubkey: row for row in session.scalars(wanted) if row.script_pubkey is not None})
    return found


def policies_paid(session: Session, network: str, scripts: Collection[bytes]) -> dict[bytes, str]:
    """The speed policies of the invoices that these scriptPubKeys belong to."""
    found: dict[bytes, str] = {}
    for batch in batches(scripts):
        wanted = select(Prompt.script_pubkey, Invoice.speed_policy).join(Prompt.invoice)
        rows = session.execute(wanted.where(Prompt.network == network, Prompt.script_pubkey.in_(batch)))
        found.update({script: policy for script, policy in rows if script is not None})
    return found


def spenders(session: Session, network: str, spent: Collection[bytes]) -> dict[bytes, set[str]]:
    """The watched transactions that spend any of these raw outpoints, keyed by it."""
    found: dict[bytes, set[str]] = {}
    for batch in batches(spent):
        wanted = select(SpentOutpoint.outpoint, SpentOutpoint.txid)
        for row in session.execute(wanted.where(SpentOutpoint.network == network, SpentOutpoint.outpoint.in_(batch))):
            found.setdefault(row.outpoint, set()).add(row.txid)
    return found


def descendants(session: Session, network: str, txid: str) -> set[str]:
    """The watched transactions that spend an output of `txid`, and those that spend theirs: they fall with it."""
    found: set[str] = set()
    frontier = {txid}
    while frontier:
        children: set[str] = set()
        for parent in frontier:
            first, last = prefix_range(parent)
            wanted = select(SpentOutpoint.txid).where(
                SpentOutpoint.network == network, SpentOutpoint.outpoint.between(first, last)
            )
            children.update(session.scalars(wanted))
        frontier = children - found
        found |= children
    return found


def ancestors(session: Session, network: str, txids: Collection[str]) -> set[str]:
    """The watched transactions in no block that any of `txids` stand on, in all generations."""
    found: set[str] = set()
    frontier = set(txids)
    while frontier:
        parents = {outpoint.txid for spent in inputs_of(session, network, frontier).values() for outpoint in spent}
        frontier = {row.txid for row in watched(session, network, parents - found) if row.height is None}
        found |= frontier
    return found


def watched(session: Session, network: str, txids: Collection[str]) -> list[WatchedTransaction]:
    """Those of `txids` that carry payments of ours, or that such payments stand on."""
    found: list[WatchedTransaction] = []
    for batch in batches(txids):
        wanted = select(WatchedTransaction).where(
            WatchedTransaction.network == network, WatchedTransaction.txid.in_(batch)
        )
        found.extend(session.scalars(wanted))
    return found


def add_watched(
    session: Session, network: str, transactions: Mapping[str, Transaction], height: int | None, now: datetime
) -> None:
    """Watch these, keyed by txid, and what they spend; written at once."""
    if not transactions:
        return
    connection = session.connection()
    common = {"network": network, "height": height, "waiting_since": now}
    connection.execute(
        insert(WatchedTransaction), [{"txid": txid, "raw": tx.raw, **common} for txid, tx in transactions.items()]
    )
    spent = [(outpoint, txid) for txid, tx in transactions.items() for outpoint in tx.spent]
    if spent:  # a coinbase spends nothing
        rows = [{"network": network, "outpoint": outpoint, "txid": txid} for outpoint, txid in spent]
        connection.execute(insert(SpentOutpoint), rows)


def unconfirmed_transactions(session: Session, network: str, since: datetime) -> Sequence[WatchedTransaction]:
    """Watched transactions that are in no block of the chain we stand on, and have not waited longer than `since`."""
    wanted = select(WatchedTransaction).where(
        WatchedTransaction.network == network,
        WatchedTransaction.height.is_(None),
        WatchedTransaction.waiting_since >= since,
    )
    return session.scalars(wanted).all()


def unbury(session: Session, network: str, height: int, now: datetime) -> None:
    """The watched transactions of the block at `height` are in no block now."""
    buried = update(WatchedTransaction).where(
        WatchedTransaction.network == network, WatchedTransaction.height == height
    )
    session.execute(buried.values(height=None, waiting_since=now))


def forget_spent(session: Session, network: str, below: int) -> None:
    """Nothing will conflict any more with what transactions in blocks under `below` spend."""
    buried = select(WatchedTransaction.txid).where(
        WatchedTransaction.network == network, WatchedTransaction.height.between(below - KEPT_LONGER, below - 1)
    )
    done = delete(SpentOutpoint).where(SpentOutpoint.network == network, SpentOutpoint.txid.in_(buried))
    session.execute(done.execution_options(synchronize_session=False))


def inputs_of(session: Session, network: str, txids: Collection[str]) -> dict[str, list[Outpoint]]:
    """What each of the watched transactions spends."""
    found: dict[str, list[Outpoint]] = {}
    for batch in batches(txids):
        wanted = select(SpentOutpoint.outpoint, SpentOutpoint.txid).where(
            SpentOutpoint.network == network, SpentOutpoint.txid.in_(batch)
        )
        for row in session.execute(wanted):
            found.setdefault(row.txid, []).append(Outpoint.from_raw(row.outpoint))
    return found


def payments_of(session: Session, network: str, txids: Collection[str]) -> list[Payment]:
    """The payments that these transactions carry."""
    found: list[Payment] = []
    for batch in batches(txids):
        found.extend(session.scalars(select(Payment).where(Payment.network == network, Payment.txid.in_(batch))))
    return found


def payments_from(session: Session, network: str, height: int) -> Sequence[Payment]:
    """The payments in blocks from `height` on."""
    return session.scalars(select(Payment).where(Payment.network == network, Payment.height >= height)).all()


def waiting_payments(session: Session, network: str) -> Sequence[Row[Payment, bytes | None, str]]:
    """(payment, its scriptPubKey, its invoice's speed policy) of those in a block and not deep enough yet."""
    wanted = (
        select(Payment, Prompt.script_pubkey, Invoice.speed_policy)
        .join(Payment.prompt)
        .join(Payment.invoice)
        .where(Payment.status == "Processing", Payment.height.is_not(None), Payment.network == network)
    )
    return session.execute(wanted).all()


def whole_invoices(session: Session, invoice_ids: Iterable[str]) -> list[Invoice]:
    """Invoices with prompts and payments, in the order of their ids. What this change has read is not read again."""
    wanted = sorted(invoice_ids)
    held = {id_: row for id_ in wanted if (row := _held_whole(session, id_)) is not None}
    whole = (selectinload(Invoice.prompts), selectinload(Invoice.payments))
    for batch in batches(id_ for id_ in wanted if id_ not in held):
        rows = session.scalars(select(Invoice).where(Invoice.id.in_(batch)).options(*whole))
        held.update({row.id: row for row in rows})
    return [held[id_] for id_ in wanted]


def _held_whole(session: Session, invoice_id: str) -> Invoice | None:
    row: Invoice | None = session.identity_map.get(identity_key(Invoice, invoice_id))
    return row if row is not None and not inspect(row).unloaded & {"status", "prompts", "payments"} else None


def lost_payments(session: Session, network: str) -> Sequence[Payment]:
    """Payments that had settled and are in no block now. The index holds these alone."""
    wanted = select(Payment).where(
        Payment.network == network, Payment.settled_at.is_not(None), Payment.height.is_(None)
    )
    return session.scalars(wanted.options(joinedload(Payment.invoice))).all()


def misplaced_payments(session: Session, network: str, from_height: int) -> Sequence[Payment]:
    """Payments whose block is not the one that we hold at its height."""
    wanted = (
        select(Payment)
        .join(ChainBlock, (ChainBlock.network == Payment.network) & (ChainBlock.height == Payment.height))
        .where(
            Payment.network == network,
            ChainBlock.network == network,
            ChainBlock.height >= from_height,
            Payment.block_hash != ChainBlock.hash,
        )
    )
    return session.scalars(wanted).all()


def alert_about(session: Session, invoice_id: str, kind: str, outpoint: str) -> Alert | None:
    """The alert of that kind about a payment."""
    return session.scalar(
        select(Alert).where(Alert.invoice_id == invoice_id, Alert.kind == kind, Alert.outpoint == outpoint)
    )


def running_alerts(session: Session, kind: str) -> Sequence[Alert]:
    """Alerts of that kind whose matter has not mended itself."""
    return session.scalars(select(Alert).where(Alert.kind == kind, Alert.ended_at.is_(None))).all()


def open_alerts(session: Session) -> Sequence[Alert]:
    """What a person has not acknowledged yet, oldest first."""
    return session.scalars(select(Alert).where(Alert.acknowledged_at.is_(None)).order_by(Alert.id)).all()


def alerts_of(session: Session, invoice_id: str) -> Sequence[Alert]:
    """All alerts of an invoice, oldest first."""
    return session.scalars(select(Alert).where(Alert.invoice_id == invoice_id).order_by(Alert.id)).all()


def block_at(session: Session, network: str, height: int) -> ChainBlock | None:
    """The stored block at `height`."""
    return session.get(ChainBlock, (network, height))


def newest_block(session: Session, network: str) -> ChainBlock | None:
    """The block our facts stand on."""
    return session.scalar(select(ChainBlock).where(ChainBlock.network == network).order_by(*NEWEST).limit(1))


def newest_hash(session: Session, network: str) -> str | None:
    """Its hash, at the least cost: asked for every block of a catch-up."""
    return session.connection().execute(NEWEST_HASH, {"of": network}).scalar()


def add_block(session: Session, network: str, header: BlockHeader) -> None:
    """Stand on a block; written at once."""
    session.connection().execute(ADD_BLOCK, {"network": network, **vars(header)})


def is_waiting_for_blocks(session: Session, network: str) -> bool:
    """Is any payment in a block and not deep enough yet?"""
    return session.connection().execute(WAITING, {"of": network}).first() is not None


def open_gaps(session: Session, network: str) -> Sequence[ChainGap]:
    """Blocks that we never saw and that no scan has made up for yet."""
    return session.scalars(select(ChainGap).where(ChainGap.network == network, ChainGap.closed_at.is_(None))).all()


def close_gaps(session: Session, network: str, found_before: datetime, now: datetime) -> None:
    """A scan of the unspent outputs that began after `found_before` has made up for these gaps."""
    for gap in open_gaps(session, network):
        if gap.found_at <= found_before:
            gap.closed_at = now
