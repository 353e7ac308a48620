"""Pull payments, payouts and the outputs at their addresses."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, case, exists, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from app.db.matching import batches
from app.db.models import Payout, PayoutOutput, Prompt, PullPayment, StorePaymentMethod, Wallet

CANCELLED = "Cancelled"
OPEN = ("AwaitingApproval", "AwaitingPayment")


def held_pull_payment(session: Session, pull_payment_id: str) -> PullPayment | None:
    """A pull payment with its payouts, held until the change ends: nobody else claims of it meanwhile."""
    return session.get(
        PullPayment,
        pull_payment_id,
        with_for_update={"of": PullPayment},
        populate_existing=True,
        options=[selectinload(PullPayment.payouts)],
    )


def held_payout(session: Session, payout_id: str) -> Payout | None:
    """A payout, held until the change ends."""
    return session.get(Payout, payout_id, with_for_update=True, populate_existing=True)


def payouts_held_of(session: Session, pull_payment_id: str) -> Sequence[Payout]:
    """The payouts of a pull payment, held until the change ends; in the order in which the explorer takes hold of
    them."""
    wanted = select(Payout).where(Payout.pull_payment_id == pull_payment_id).order_by(Payout.id)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()


def output_of(session: Session, payout_id: str) -> PayoutOutput | None:
    """What pays a payout."""
    return session.scalar(select(PayoutOutput).where(PayoutOutput.payout_id == payout_id))


def store_of_pull_payment(session: Session, pull_payment_id: str) -> str | None:
    """The store that a pull payment belongs to."""
    return session.scalar(select(PullPayment.store_id).where(PullPayment.id == pull_payment_id))


def store_of_payout(session: Session, payout_id: str) -> str | None:
    """The store that a payout belongs to."""
    return session.scalar(select(Payout.store_id).where(Payout.id == payout_id))


def pull_payments_of(session: Session, store_id: str, *, include_archived: bool) -> Sequence[PullPayment]:
    """Those of a store, newest first."""
    wanted = select(PullPayment).where(PullPayment.store_id == store_id)
    if not include_archived:
        wanted = wanted.where(PullPayment.archived.is_(False))
    return session.scalars(wanted.order_by(PullPayment.created_at.desc(), PullPayment.id)).all()


def payouts_of_store(session: Session, store_id: str, *, include_cancelled: bool) -> Sequence[Payout]:
    """Those of a store, newest first, each with what pays it."""
    wanted = select(Payout).where(Payout.store_id == store_id)
    return _listed(session, wanted, include_cancelled)


def payouts_of_stores(session: Session, store_ids: Collection[str], limit: int) -> Sequence[Payout]:
    """The newest of some stores, those that somebody has to do something about first."""
    waits = case(dict.fromkeys(OPEN, 0), value=Payout.state, else_=1)
    wanted = select(Payout).where(Payout.store_id.in_(store_ids)).order_by(waits, Payout.created_at.desc(), Payout.id)
    whole = (joinedload(Payout.store), joinedload(Payout.pull_payment), selectinload(Payout.output))
    return session.scalars(wanted.limit(limit).options(*whole)).all()


def outputs_that_pay_nothing(session: Session, row: Payout) -> Sequence[PayoutOutput]:
    """Outputs of the payout's amount at its address that do not count for it nor for another one: seen before the
    approval, or once too often."""
    wanted = select(PayoutOutput).where(
        PayoutOutput.network == row.network,
        PayoutOutput.script_pubkey == row.script_pubkey,
        PayoutOutput.value_sats == row.value_sats,
        PayoutOutput.payout_id.is_(None),
        PayoutOutput.height.is_not(None) | PayoutOutput.conflicted_by.is_(None),
    )
    return session.scalars(wanted.order_by(PayoutOutput.first_seen_at)).all()


def refunds_of(session: Session, invoice_id: str) -> Sequence[PullPayment]:
    """The pull payments that refund an invoice, oldest first, with their payouts."""
    wanted = select(PullPayment).where(PullPayment.invoice_id == invoice_id).order_by(PullPayment.created_at)
    return session.scalars(wanted.options(selectinload(PullPayment.payouts))).all()


def payouts_of_pull_payment(session: Session, pull_payment_id: str, *, include_cancelled: bool) -> Sequence[Payout]:
    """Those of a pull payment, newest first, each with what pays it."""
    wanted = select(Payout).where(Payout.pull_payment_id == pull_payment_id)
    return _listed(session, wanted, include_cancelled)


def payout_named(session: Session, payout_id: str) -> Payout | None:
    """A payout with what pays it and what it was claimed of."""
    wanted = select(Payout).where(Payout.id == payout_id)
    return session.scalar(wanted.options(joinedload(Payout.output), joinedload(Payout.pull_payment)))


def _listed(session: Session, wanted: Select[Payout], include_cancelled: bool) -> Sequence[Payout]:
    if not include_cancelled:
        wanted = wanted.where(Payout.state != CANCELLED)
    wanted = wanted.order_by(Payout.created_at.desc(), Payout.id)
    return session.scalars(wanted.options(selectinload(Payout.output))).all()


def is_destination(session: Session, network: str, script_pubkey: bytes) -> bool:
    """Was this address given to somebody to pay one of our invoices?"""
    wanted = select(Prompt.id).where(Prompt.network == network, Prompt.script_pubkey == script_pubkey)
    return session.scalar(wanted.limit(1)) is not None


# what the explorer asks and writes


def payouts_at(session: Session, network: str, scripts: Collection[bytes]) -> list[Payout]:
    """The watched payouts to these scriptPubKeys; held, so that a person's word waits for the chain's."""
    found: list[Payout] = []
    for batch in batches(scripts):
        wanted = select(Payout).where(Payout.network == network, Payout.watched, Payout.script_pubkey.in_(batch))
        wanted = wanted.order_by(Payout.id).with_for_update().execution_options(populate_existing=True)
        found.extend(session.scalars(wanted))
    return found


def outputs_at(
    session: Session, network: str, scripts: Collection[bytes], values: Collection[int | None]
) -> list[PayoutOutput]:
    """The outputs seen at these scriptPubKeys, with one of these amounts (satoshis)."""
    sats = [value for value in values if value is not None]
    found: list[PayoutOutput] = []
    for batch in batches(scripts):
        wanted = select(PayoutOutput).where(PayoutOutput.network == network, PayoutOutput.value_sats.in_(sats))
        found.extend(session.scalars(wanted.where(PayoutOutput.script_pubkey.in_(batch))))
    return found


def outputs_of(session: Session, network: str, txids: Collection[str]) -> list[PayoutOutput]:
    """The outputs of these transactions at scriptPubKeys of payouts."""
    found: list[PayoutOutput] = []
    for batch in batches(txids):
        wanted = select(PayoutOutput).where(PayoutOutput.network == network, PayoutOutput.txid.in_(batch))
        found.extend(session.scalars(wanted))
    return found


def outputs_in(session: Session, network: str, block_hash: str) -> Sequence[PayoutOutput]:
    """The outputs at scriptPubKeys of payouts that stand in a block."""
    wanted = select(PayoutOutput).where(PayoutOutput.network == network, PayoutOutput.block_hash == block_hash)
    return session.scalars(wanted).all()


def let_go(session: Session, network: str, below: int, ended_before: datetime) -> None:
    """Watch no longer what was paid in blocks under `below`, and what a person called done long ago."""
    paid = exists().where(PayoutOutput.payout_id == Payout.id, PayoutOutput.height.is_not(None))
    deep = exists().where(PayoutOutput.payout_id == Payout.id, PayoutOutput.height < below)
    told = and_(~paid, Payout.ended_at < ended_before)
    done = update(Payout).where(Payout.watched, Payout.network == network, Payout.state == "Completed", or_(deep, told))
    session.execute(done.values(watched=False).execution_options(synchronize_session=False))


# what the worker proposes


def psbts_due(session: Session, network: str, now: datetime, limit: int) -> Sequence[Payout]:
    """Payouts to ask the merchant's wallet about, the longest due first."""
    wanted = select(Payout).where(Payout.psbt_due_at.is_not(None), Payout.psbt_due_at <= now)
    return session.scalars(wanted.where(Payout.network == network).order_by(Payout.psbt_due_at).limit(limit)).all()


def wallets_of_store(session: Session, store_id: str) -> Sequence[Wallet]:
    """The wallets that a store is paid to."""
    wanted = select(Wallet).join(StorePaymentMethod, StorePaymentMethod.wallet_id == Wallet.id)
    return session.scalars(wanted.where(StorePaymentMethod.store_id == store_id).order_by(Wallet.id)).all()
