"""The queries. Each hot one has its index; a test reads the plans."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, selectinload

from app.db.models import (
    IS_IPN,
    Base,
    ChainBlock,
    ChainState,
    Endpoint,
    Invoice,
    Payment,
    Prompt,
    Store,
)
from app.db.session import reading_session
from app.domain.addresses import host_of
from app.domain.chain import NEVER, Tip


def reading() -> Session:
    """The session of this request or job, for reading. Only `change()` writes."""
    return reading_session()


def store_named(session: Session, id_or_name: str) -> Store | None:
    """A store in use by its id, or by its name where that is unique."""
    wanted = select(Store).where(or_(Store.id == id_or_name, Store.name == id_or_name), Store.deleted_at.is_(None))
    rows = session.scalars(wanted.limit(2)).all()
    exact = [row for row in rows if row.id == id_or_name]
    return exact[0] if exact else rows[0] if len(rows) == 1 else None


def store_in_use(session: Session, store_id: str | None) -> Store | None:
    """A store by its id, unless it was deleted."""
    store = session.get(Store, store_id) if store_id else None
    return store if store is not None and store.deleted_at is None else None


def whole_invoice(session: Session, invoice_id: str) -> Invoice | None:
    """An invoice with its prompts and payments, in four statements at most."""
    wanted = select(Invoice).where(Invoice.id == invoice_id)
    return session.scalar(
        wanted.options(selectinload(Invoice.prompts), selectinload(Invoice.payments).selectinload(Payment.prompt))
    )


def chain_tip(session: Session, network: str) -> tuple[ChainBlock, ChainState] | None:
    """The block we stand on and the state of the watch, or None before the first observation."""
    state = session.get(ChainState, network)
    block = session.scalar(
        select(ChainBlock).where(ChainBlock.network == network).order_by(ChainBlock.height.desc()).limit(1)
    )
    return (block, state) if block is not None and state is not None and state.observed_at is not None else None


def stored_tip(session: Session, network: str) -> Tip | None:
    """The tip as the rules want it, or None before the first observation."""
    found = chain_tip(session, network)
    if found is None or found[1].observed_at is None:
        return None
    return Tip(found[0].height, found[0].hash, found[1].observed_at)


def tip_to_assess_on(session: Session, network: str) -> Tip | None:
    """The block we stand on, observed or not yet: payments count from the first block on. None before that."""
    block = session.scalar(
        select(ChainBlock).where(ChainBlock.network == network).order_by(ChainBlock.height.desc()).limit(1)
    )
    state = session.get(ChainState, network)
    return Tip(block.height, block.hash, (state and state.observed_at) or NEVER) if block is not None else None


def oldest_invoice_at(session: Session, network: str) -> datetime | None:
    """When the first invoice of a network was made."""
    return session.scalar(select(func.min(Invoice.created_at)).join(Prompt).where(Prompt.network == network))


def overdue_invoice_ids(session: Session, expired_before: datetime, monitored_until: datetime, limit: int) -> list[str]:
    """Open invoices whose window closed, and unsettled ones whose monitoring ended: of each the longest overdue, up to
    `limit`."""
    closed = select(Invoice.id).where(Invoice.status == "New", Invoice.expires_at <= expired_before)
    unmonitored = select(Invoice.id).where(Invoice.status == "Processing", Invoice.monitoring_ends_at < monitored_until)
    return [
        *session.scalars(closed.order_by(Invoice.expires_at).limit(limit)),
        *session.scalars(unmonitored.order_by(Invoice.monitoring_ends_at).limit(limit)),
    ]


def newest_height(session: Session, network: str) -> int:
    """The height we stand on; 0 before the first block."""
    found = chain_tip(session, network)
    return found[0].height if found else 0


def ipn_endpoint_at(session: Session, store_id: str, url: str, now: datetime) -> int:
    """The id of the store's IPN endpoint at `url`, made if there is none. Two who ask at once get the same."""
    wanted = select(Endpoint.id).where(Endpoint.store_id == store_id, text(IS_IPN), Endpoint.url == url)
    found = session.scalar(wanted)
    if found is None:
        insert_unless_there(
            session, Endpoint, store_id=store_id, kind="ipn", url=url, host=host_of(url), created_at=now
        )
        found = session.scalars(wanted).one()
    return found


def insert_unless_there(session: Session, table: type[Base], **values: Any) -> None:
    """Insert a row. Another transaction that inserts the same one is waited for, and then nothing is done."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(insert(table).values(**values).on_conflict_do_nothing())
