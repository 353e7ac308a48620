"""What a shop was told of an invoice: only deliveries to the shop itself, not those to a merchant's other programs."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.db.models import Attempt, Delivery, Invoice, Shop
from app.domain.bridge_times import Owed, Tried
from app.domain.retry import DeliveryState

NOT_CONNECTED = ("NewConnectionError", "ConnectTimeoutError", "does not resolve", "is not a public address")


def told_of(session: Session, invoice_id: str) -> list[Owed]:
    """What the shop is or was owed of an invoice, oldest first, with every try."""
    return [_owed(delivery) for delivery in _to_shop(session, invoice_id)]


def pending_to_shop(session: Session, invoice_id: str) -> list[Delivery]:
    """What it is still owed, oldest first, locked: a try that ends meanwhile is waited for."""
    wanted = select(Delivery).where(Delivery.invoice_id == invoice_id, Delivery.state == DeliveryState.PENDING.value)
    rows = session.scalars(wanted.order_by(Delivery.id).with_for_update().execution_options(populate_existing=True))
    names = _shop_names(session, invoice_id)
    return [row for row in rows if _name(row.endpoint.host) in names]


def _to_shop(session: Session, invoice_id: str) -> Sequence[Delivery]:
    wanted = select(Delivery).where(Delivery.invoice_id == invoice_id).order_by(Delivery.id)
    beside = (joinedload(Delivery.event), joinedload(Delivery.endpoint), selectinload(Delivery.attempts))
    names = _shop_names(session, invoice_id)
    return [row for row in session.scalars(wanted.options(*beside)) if _name(row.endpoint.host) in names]


def _shop_names(session: Session, invoice_id: str) -> set[str]:
    mine = select(Shop.home_url, Shop.root_url, Shop.named_root_url).join(Invoice, Invoice.store_id == Shop.store_id)
    row = session.execute(mine.where(Invoice.id == invoice_id)).first()
    return set() if row is None else {_name(urlsplit(url).netloc) for url in row}


def _name(host: str) -> str:
    """Without user and port: plugin and REST API may be reached by different ones of the same machine."""
    return host.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")


def _owed(row: Delivery) -> Owed:
    return Owed(
        delivery_id=row.id,
        event_at=row.event.at,
        pending=row.state == DeliveryState.PENDING.value,
        tries=tuple(_tried(attempt) for attempt in row.attempts),
    )


def _tried(attempt: Attempt) -> Tried:
    over = attempt.http_status is not None or attempt.error is not None
    took = timedelta(milliseconds=attempt.duration_ms or 0)
    return Tried(
        began_at=attempt.started_at,
        ended_at=attempt.started_at + took if over else None,
        http_status=attempt.http_status,
        connected=not any(mark in (attempt.error or "") for mark in NOT_CONNECTED),
    )
