"""What came in, and how long it took: sums and times of payments, reckoned by the database, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, extract, func, select
from sqlalchemy.orm import Session

from app.db.exact_sums import EXACT, product_sum
from app.db.models import ChainBlock, Invoice, Payment, Prompt, Store

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class SettledSum:
    """Payments in one currency that settled in one period: their worth at their invoices' rates, exactly.

    `period` is what the query grouped by: the unix seconds of a midnight, or whether it was today.
    """

    period: int
    currency: str
    worth: Decimal
    sats: int
    payments: int


@dataclass(frozen=True)
class PaymentLine:
    """A payment with what books need of its invoice; the fields are columns."""

    paid_at: datetime
    settled_at: datetime | None
    store_id: str
    store_name: str
    invoice_id: str
    order_id: str | None
    invoice_created_at: datetime
    invoice_status: str
    additional_status: str
    price: Decimal | None
    currency: str
    payment_method: str
    txid: str
    vout: int
    value_sats: int
    rate: Decimal
    rate_source: str
    rate_at: datetime
    status: str | None
    height: int | None
    destination: str


LINE: Any = (
    select(
        Payment.paid_at,
        Payment.settled_at,
        Invoice.store_id,
        Store.name,
        Invoice.id,
        Invoice.order_id,
        Invoice.created_at,
        Invoice.status,
        Invoice.additional_status,
        Invoice.price,
        Invoice.currency,
        Prompt.payment_method,
        Payment.txid,
        Payment.vout,
        Payment.value_sats,
        Prompt.rate,
        Prompt.rate_source,
        Prompt.rate_at,
        Payment.status,
        Payment.height,
        Prompt.destination,
    )
    .join(Invoice, Invoice.id == Payment.invoice_id)
    .join(Prompt, Prompt.id == Payment.prompt_id)
    .join(Store, Store.id == Invoice.store_id)
    .order_by(Payment.paid_at, Payment.txid, Payment.vout)
)


def settled_by_day(session: Session, store_ids: Sequence[str], since: datetime) -> list[SettledSum]:
    """What settled in these stores since then, by day (UTC) and currency."""
    seconds = _unix(Payment.settled_at)
    return _sums(session, store_ids, since, cast(seconds - seconds % DAY_SECONDS, BigInteger))


def settled_since(session: Session, store_ids: Sequence[str], since: datetime, today: datetime) -> list[SettledSum]:
    """The same by currency; the period is 1 for what settled from `today` on, 0 for what came before."""
    return _sums(session, store_ids, since, case((Payment.settled_at >= today, 1), else_=0))


def _sums(session: Session, store_ids: Sequence[str], since: datetime, period: ColumnElement[int]) -> list[SettledSum]:
    worth = product_sum(Payment.value_sats, Prompt.rate)
    sums = select(period, Invoice.currency, worth, func.sum(Payment.value_sats), func.count())
    rows = session.execute(_settled(sums, store_ids, since).group_by(period, Invoice.currency))
    return [SettledSum(int(p), c, EXACT.scaleb(w, Decimal(-8)), int(sats), int(n)) for p, c, w, sats, n in rows]


def times_to_settle(
    session: Session, store_ids: Sequence[str], since: datetime, ends: Sequence[int]
) -> dict[tuple[str, int], int]:
    """How many payments took how long from being seen to being settled, by (speed policy, place in `ends`): the first
    of these seconds that it took less than; len(ends) for more than all."""
    place = _bucket(_unix(Payment.settled_at) - _unix(Payment.paid_at), ends)
    counted = _settled(select(Invoice.speed_policy, place, func.count()), store_ids, since)
    rows = session.execute(counted.group_by(Invoice.speed_policy, place))
    return {(policy, int(at)): int(count) for policy, at, count in rows}


def waits_for_block(session: Session, store_ids: Sequence[str], since: datetime, ends: Sequence[int]) -> dict[int, int]:
    """How many settled payments waited how long for their first block, by place in `ends`; blocks that are forgotten
    meanwhile are left out."""
    place = _bucket(_unix(ChainBlock.time) - _unix(Payment.paid_at), ends)
    counted = _settled(select(place, func.count()), store_ids, since)
    block = and_(ChainBlock.network == Payment.network, ChainBlock.height == Payment.height)
    rows = session.execute(counted.join(ChainBlock, block).group_by(place))
    return {int(at): int(count) for at, count in rows}


def unconfirmed_lines(session: Session, store_ids: Sequence[str], limit: int) -> list[tuple[PaymentLine, str, bool]]:
    """The payments that wait for confirmations now, the longest waiting first; each with its invoice's speed policy and
    whether it signals that it may be replaced."""
    waiting = LINE.add_columns(Invoice.speed_policy, Payment.signals_rbf).where(Payment.status == "Processing")
    rows = session.execute(waiting.where(Invoice.store_id.in_(store_ids)).limit(limit)).all()
    return [(PaymentLine(*row[:-2]), row[-2], row[-1]) for row in rows]


def lines_of(session: Session, invoice_ids: Sequence[str]) -> dict[str, list[PaymentLine]]:
    """The payments of these invoices, by invoice, in the order in which they were made."""
    found: dict[str, list[PaymentLine]] = {}
    for row in session.execute(LINE.where(Payment.invoice_id.in_(invoice_ids))):
        line = PaymentLine(*row)
        found.setdefault(line.invoice_id, []).append(line)
    return found


def _settled(what: Any, store_ids: Sequence[str], since: datetime) -> Any:
    """Of payments that are in a block, or need none, and that count."""
    joined = what.select_from(Payment).join(Invoice, Invoice.id == Payment.invoice_id)
    joined = joined.join(Prompt, Prompt.id == Payment.prompt_id).where(Invoice.store_id.in_(store_ids))
    return joined.where(Payment.settled_at >= since, Payment.status == "Settled")


def _bucket(seconds: ColumnElement[Any], ends: Sequence[int]) -> ColumnElement[int]:
    return case(*((seconds < end, place) for place, end in enumerate(ends)), else_=len(ends))


def _unix(moment: Any) -> ColumnElement[Any]:
    """Unix seconds of a column, by either engine."""
    return extract("epoch", moment)
