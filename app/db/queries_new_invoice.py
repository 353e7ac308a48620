"""What making an invoice asks and writes, in few statements that are put together once: others wait to write meanwhile.

Rows are read as columns and written as values; entities would take longer than the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, exists, insert, inspect, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.models import ChainState, Invoice, Prompt, SearchTerm, Store, StorePaymentMethod, Webhook
from app.domain.search import terms_of
from app.domain.webhooks import WebhookType
from app.errors import DestinationTaken


@dataclass(frozen=True)
class Terms:
    """A store's terms for its invoices. `methods` are (payment method, wallet id) of the enabled ones."""

    store_id: str
    name: str
    website: str | None
    default_currency: str
    speed_policy: str
    tolerance_percent: Decimal
    expiration_seconds: int
    monitoring_seconds: int
    network_fee_mode: str
    redirect_automatically: bool
    primary_rates: Mapping[str, Any] | None
    fallback_rates: Mapping[str, Any] | None
    tracked_currencies: Sequence[str]
    default_payment_method: str | None
    preferences: Mapping[str, Any]
    fee_rate_sat_per_vbyte: int | None  # the last one known
    tells_created: bool  # does a webhook ask to be told of new invoices?
    methods: Sequence[tuple[str, int]]


TELLS_CREATED = exists().where(
    Webhook.store_id == Store.id,
    Webhook.enabled,
    Webhook.deleted_at.is_(None),
    or_(Webhook.everything, cast(Webhook.specific_events, String).like(f'%"{WebhookType.CREATED}"%')),
)
TERMS = (
    select(
        Store.id,
        Store.name,
        Store.website,
        Store.default_currency,
        Store.speed_policy,
        Store.tolerance_percent,
        Store.expiration_seconds,
        Store.monitoring_seconds,
        Store.network_fee_mode,
        Store.redirect_automatically,
        Store.primary_rates,
        Store.fallback_rates,
        Store.tracked_currencies,
        Store.default_payment_method,
        Store.preferences,
        ChainState.fee_rate_sat_per_vbyte,
        TELLS_CREATED.label("tells_created"),
        StorePaymentMethod.payment_method,
        StorePaymentMethod.wallet_id,
    )
    .outerjoin(StorePaymentMethod, and_(StorePaymentMethod.store_id == Store.id, StorePaymentMethod.enabled))
    .outerjoin(ChainState, ChainState.network == bindparam("network"))
    .where(Store.id == bindparam("store_id"), Store.deleted_at.is_(None))
    .order_by(StorePaymentMethod.payment_method)
)

ADD_INVOICE, ADD_PROMPT, ADD_TERMS = insert(Invoice), insert(Prompt), insert(SearchTerm)
SET_STATUS = update(Invoice).where(Invoice.id == bindparam("of"))
INVOICE_COLUMNS = tuple(column.key for column in inspect(Invoice).column_attrs)
PROMPT_COLUMNS = tuple(column.key for column in inspect(Prompt).column_attrs if column.key != "id")


def terms_of_store(session: Session, store_id: str, network: str) -> Terms | None:
    """None when there is no such store."""
    rows = session.connection().execute(TERMS, {"store_id": store_id, "network": network}).all()
    if not rows:
        return None
    methods = [(row.payment_method, row.wallet_id) for row in rows if row.payment_method is not None]
    terms: tuple[Any, ...] = (*rows[0][:-2], methods)  # as Terms has them
    return Terms(*terms)


def add_invoice(session: Session, row: Invoice) -> None:
    """Write an invoice, its prompts and what it is found by; the session does not hold them.

    Every column must have been given. DestinationTaken.
    """
    connection = session.connection()
    connection.execute(ADD_INVOICE, {name: getattr(row, name) for name in INVOICE_COLUMNS})
    prompts = [{name: getattr(prompt, name) for name in PROMPT_COLUMNS} for prompt in row.prompts]
    if prompts:
        with taken_named(row.prompts):
            connection.execute(ADD_PROMPT, prompts)
    add_search_terms(session, row.store_id, row.id, terms_of(row.search_text))


@contextmanager
def taken_named(prompts: Iterable[Prompt]) -> Iterator[None]:
    """While these are written: that one of their scriptPubKeys was given out before is DestinationTaken."""
    wallet_ids = frozenset(prompt.wallet_id for prompt in prompts if prompt.wallet_id is not None)
    try:
        yield
    except IntegrityError as error:
        raise DestinationTaken(wallet_ids) from error


def add_search_terms(session: Session, store_id: str, invoice_id: str, terms: Sequence[str]) -> None:
    """Let an invoice be found by these terms as well."""
    rows = [{"store_id": store_id, "term": term, "invoice_id": invoice_id} for term in terms]
    if rows:
        session.connection().execute(ADD_TERMS, rows)


def set_status(session: Session, invoice_id: str, status: str, additional_status: str) -> None:
    """Write the state of an invoice that the session does not hold."""
    state = {"status": status, "additional_status": additional_status}
    session.connection().execute(SET_STATUS.values(state), {"of": invoice_id})
