"""Wallets: the counter of addresses, and what is told about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, case, exists, func, select, union, update
from sqlalchemy.orm import Session

from app.db.matching import batches
from app.db.models import Payment, Payout, Prompt, Store, StorePaymentMethod, StrayOutput, Wallet, WalletScan
from app.domain.gap import Gap

PROMPTED = select(func.max(Prompt.address_index) + 1).where(Prompt.wallet_id == Wallet.id).scalar_subquery()


@dataclass(frozen=True)
class ListedWallet:
    """A wallet, the stores that it pays and how far its addresses have run ahead of payments."""

    wallet: Wallet
    stores: Sequence[Store]
    gap: Gap
    scan: WalletScan | None  # the newest
    strays: int


def wallet_of(session: Session, network: str, descriptor: str) -> Wallet | None:
    """The wallet of a descriptor on a network."""
    return session.scalar(select(Wallet).where(Wallet.network == network, Wallet.descriptor == descriptor))


class TakenIndex(NamedTuple):
    """A wallet as it was when its index was taken; `next_index` is the one after that."""

    id: int
    network: str
    descriptor: str
    mark_id: str | None
    next_index: int


FREE = case((Wallet.next_index < PROMPTED, PROMPTED), else_=Wallet.next_index)
TAKE_INDEX = (
    update(Wallet)
    .where(Wallet.id == bindparam("wallet"))
    .values(next_index=FREE + 1)
    .returning(Wallet.id, Wallet.network, Wallet.descriptor, Wallet.mark_id, Wallet.next_index)
)


def take_next_index(session: Session, wallet_id: int) -> TakenIndex:
    """The next address index of a wallet, taken by one atomic UPDATE: nobody else gets it.

    The row stays locked until the change ends. An index that a prompt holds already is passed over.
    """
    return TakenIndex(*session.connection().execute(TAKE_INDEX, {"wallet": wallet_id}).one())


def set_mark(session: Session, wallet_id: int, mark_id: str) -> None:
    """From now on this mark outside the database goes with the wallet."""
    session.connection().execute(update(Wallet).where(Wallet.id == wallet_id).values(mark_id=mark_id))


def locked_wallet(session: Session, wallet_id: int) -> Wallet | None:
    """The wallet, held until the change ends: its counter is about to be set."""
    return session.get(Wallet, wallet_id, with_for_update=True, populate_existing=True)


def raise_next_index(session: Session, wallet_id: int, next_index: int) -> None:
    """Go on from `next_index`, unless the wallet is beyond it."""
    beyond = update(Wallet).where(Wallet.id == wallet_id, Wallet.next_index < next_index)
    session.execute(beyond.values(next_index=next_index), execution_options={"synchronize_session": False})


def scripts_given_out(session: Session, network: str, scripts: Sequence[bytes]) -> set[bytes]:
    """Those of a few scriptPubKeys that invoices are paid to, whatever wallet they came from, or payouts go to."""
    known = select(Prompt.script_pubkey).where(Prompt.network == network, Prompt.script_pubkey.in_(scripts))
    return {script for script in session.scalars(known) if script is not None} | payees(session, network, scripts)


def payees(session: Session, network: str, scripts: Sequence[bytes]) -> set[bytes]:
    """Those of a few scriptPubKeys at which a payout is looked for."""
    watched = select(Payout.script_pubkey).where(Payout.watched, Payout.network == network)
    return set(session.scalars(watched.where(Payout.script_pubkey.in_(scripts))))


def wallets_on(session: Session, network: str) -> Sequence[Wallet]:
    """Every wallet of a network, oldest first."""
    return session.scalars(select(Wallet).where(Wallet.network == network).order_by(Wallet.id)).all()


def listed_wallets(session: Session, network: str, wallet_id: int | None = None) -> list[ListedWallet]:
    """Every wallet of a network, or the one, with what an operator wants to know of it."""
    wanted = select(Wallet).where(Wallet.network == network).order_by(Wallet.id)
    if wallet_id is not None:
        wanted = wanted.where(Wallet.id == wallet_id)
    return [
        ListedWallet(
            wallet,
            stores_paid_to(session, wallet.id),
            gap_of(session, wallet),
            newest_scan(session, wallet.id),
            session.scalar(select(func.count()).select_from(StrayOutput).where(StrayOutput.wallet_id == wallet.id))
            or 0,
        )
        for wallet in session.scalars(wanted)
    ]


def stores_paid_to(session: Session, wallet_id: int) -> Sequence[Store]:
    """The stores whose next invoices are paid to a wallet."""
    wanted = select(Store).join(StorePaymentMethod, StorePaymentMethod.store_id == Store.id)
    wanted = wanted.where(StorePaymentMethod.wallet_id == wallet_id, StorePaymentMethod.enabled)
    return session.scalars(wanted.order_by(Store.created_at, Store.id)).all()


def gap_of(session: Session, wallet: Wallet) -> Gap:
    """How far the addresses given out have run ahead of those that were paid."""
    paid = (
        select(Prompt.address_index.label("index"))
        .join(Payment, Payment.prompt_id == Prompt.id)
        .where(Prompt.wallet_id == wallet.id, Payment.height.is_not(None) | Payment.conflicted_by.is_(None))
    )
    strays = select(StrayOutput.address_index.label("index")).where(StrayOutput.wallet_id == wallet.id)
    used = union(paid, strays).subquery()
    before = func.lag(used.c.index, 1, -1).over(order_by=used.c.index)
    runs = select(used.c.index, (used.c.index - before - 1).label("unpaid")).subquery()
    last, longest = session.execute(select(func.max(runs.c.index), func.max(runs.c.unpaid))).one()
    return Gap(next_index=wallet.next_index, last_paid_index=last, longest_bridged=longest or 0)


def running_gap(session: Session, wallet: Wallet) -> Gap:
    """How far they run ahead now; gaps that lie behind a paid address are not looked for. Cheap, however many there
    are."""
    accounted = Payment.height.is_not(None) | Payment.conflicted_by.is_(None)
    is_paid = exists().where(Payment.prompt_id == Prompt.id, accounted)
    newest = select(Prompt.address_index).where(Prompt.wallet_id == wallet.id, is_paid)
    last_paid = session.scalar(newest.order_by(Prompt.address_index.desc()).limit(1))
    last_stray = session.scalar(select(func.max(StrayOutput.address_index)).where(StrayOutput.wallet_id == wallet.id))
    last = max((each for each in (last_paid, last_stray) if each is not None), default=None)
    return Gap(next_index=wallet.next_index, last_paid_index=last, longest_bridged=0)


# scans


def newest_scan(session: Session, wallet_id: int, *reasons: str) -> WalletScan | None:
    """The newest scan of a wallet, for one of `reasons` if any are given. One that is due later only is none yet."""
    wanted = select(WalletScan).where(WalletScan.wallet_id == wallet_id)
    wanted = wanted.where((WalletScan.state != "waiting") | (WalletScan.due_at == WalletScan.requested_at))
    if reasons:
        wanted = wanted.where(WalletScan.reason.in_(reasons))
    return session.scalar(wanted.order_by(WalletScan.id.desc()).limit(1))


def newest_done(session: Session, wallet_id: int) -> datetime | None:
    """When the newest scan of a wallet that came to its end was begun."""
    wanted = select(func.max(WalletScan.started_at)).where(
        WalletScan.wallet_id == wallet_id, WalletScan.state == "done"
    )
    return session.scalar(wanted)


def waiting_scan(session: Session, wallet_id: int, reason: str) -> WalletScan | None:
    """A scan that was asked for and has not begun: it will answer another request as well."""
    wanted = select(WalletScan).where(WalletScan.wallet_id == wallet_id, WalletScan.state == "waiting")
    return session.scalar(wanted.where(WalletScan.reason == reason).limit(1))


def next_scan(session: Session, network: str, now: datetime) -> WalletScan | None:
    """The oldest scan to do. One that is running was left by a worker that died: it begins again."""
    wanted = select(WalletScan).join(Wallet).where(Wallet.network == network, WalletScan.due_at <= now)
    return session.scalar(wanted.where(WalletScan.state.in_(("waiting", "running"))).order_by(WalletScan.id).limit(1))


def strays_of(session: Session, wallet_id: int) -> Sequence[StrayOutput]:
    """The coins of a wallet that no invoice accounts for, by address index."""
    wanted = select(StrayOutput).where(StrayOutput.wallet_id == wallet_id)
    return session.scalars(wanted.order_by(StrayOutput.address_index, StrayOutput.txid, StrayOutput.vout)).all()


def payments_at(session: Session, network: str, txids: Iterable[str]) -> dict[tuple[str, int], Payment]:
    """The payments that transactions carry, by outpoint."""
    found: dict[tuple[str, int], Payment] = {}
    for batch in batches(set(txids)):
        rows = session.scalars(select(Payment).where(Payment.network == network, Payment.txid.in_(batch)))
        found.update({(row.txid, row.vout): row for row in rows})
    return found
