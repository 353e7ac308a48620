"""What the BitPay dialect reads: clients, keys, codes, a store's invoices and quotes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, bindparam, delete, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from app.db.models import (
    BitpayClient,
    Delivery,
    Endpoint,
    Invoice,
    LegacyApiKey,
    PairingCode,
    Payment,
    Store,
)
from app.db.queries import insert_unless_there

STORE_OF_CLIENT = select(BitpayClient.store_id).where(BitpayClient.sin == bindparam("of"))  # with every request


@dataclass(frozen=True)
class InvoiceFilter:
    """Which of a store's invoices are wanted. None means any; `created_before` is exclusive."""

    created_from: datetime | None = None
    created_before: datetime | None = None
    order_id: str | None = None
    item_code: str | None = None
    statuses: tuple[str, ...] = ()
    limit: int = 100
    offset: int = 0


def paired_client(session: Session, sin: str) -> BitpayClient | None:
    """The pairing of a SIN."""
    return session.get(BitpayClient, sin)


def store_of_client(session: Session, sin: str) -> str | None:
    """The id of the store that a SIN is paired with."""
    found: str | None = session.connection().execute(STORE_OF_CLIENT, {"of": sin}).scalar()
    return found


def pair(session: Session, sin: str, store_id: str, token: str, now: datetime) -> BitpayClient:
    """The pairing of a SIN, made for this store if there is none. Of two that pair at once one finds the other's."""
    insert_unless_there(session, BitpayClient, sin=sin, store_id=store_id, label="", token=token, created_at=now)
    return session.get_one(BitpayClient, sin)


def drop_old_codes(session: Session, lapsed_before: datetime) -> None:
    """Forget codes that lapsed unused: anybody may ask for one, and they must not pile up."""
    old = delete(PairingCode).where(PairingCode.expires_at < lapsed_before, PairingCode.used_at.is_(None))
    session.execute(old.execution_options(synchronize_session=False))


def store_of_api_key(session: Session, key_sha256: str) -> str | None:
    """The id of the store that a legacy API key belongs to."""
    return session.scalar(select(LegacyApiKey.store_id).where(LegacyApiKey.key_sha256 == key_sha256))


def take_code(session: Session, code: str, now: datetime) -> bool:
    """Use a pairing code up. False when somebody else did: the row count decides."""
    taking = (
        update(PairingCode)
        .where(PairingCode.code == code, PairingCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(taking)
    return isinstance(result, CursorResult) and result.rowcount == 1


def drop_api_key(session: Session, store_id: str) -> None:
    """Forget the legacy API key of a store."""
    session.execute(delete(LegacyApiKey).where(LegacyApiKey.store_id == store_id))


def invoices_of_store(session: Session, store_id: str, wanted: InvoiceFilter) -> Sequence[Invoice]:
    """The store's invoices, newest first, whole."""
    query = select(Invoice).where(Invoice.store_id == store_id)
    if wanted.created_from is not None:
        query = query.where(Invoice.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        query = query.where(Invoice.created_at < wanted.created_before)
    if wanted.order_id is not None:
        query = query.where(Invoice.order_id == wanted.order_id)
    if wanted.item_code is not None:
        query = query.where(Invoice.details["itemCode"].as_string() == wanted.item_code)
    if wanted.statuses:
        query = query.where(Invoice.status.in_(wanted.statuses))
    query = query.order_by(Invoice.created_at.desc(), Invoice.id).limit(wanted.limit).offset(wanted.offset)
    whole = (selectinload(Invoice.prompts), selectinload(Invoice.payments).selectinload(Payment.prompt))
    return session.scalars(query.options(*whole)).all()


def deliveries_of_invoice(session: Session, invoice_id: str) -> Sequence[Delivery]:
    """What is owed to endpoints for an invoice, oldest first, with attempts, events, endpoints and their webhooks."""
    query = select(Delivery).where(Delivery.invoice_id == invoice_id).order_by(Delivery.id)
    to = joinedload(Delivery.endpoint).joinedload(Endpoint.webhook)
    return session.scalars(query.options(selectinload(Delivery.attempts), joinedload(Delivery.event), to)).all()


def all_stores(session: Session) -> Sequence[Store]:
    """Every store that is in use, oldest first."""
    return session.scalars(select(Store).where(Store.deleted_at.is_(None)).order_by(Store.created_at, Store.id)).all()
