"""What making an invoice asks and writes, in few statements that are put together once: others wait to write meanwhile.

Rows are read as columns and written as values; entities would take longer than the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Insert,
    String,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.models import (
    Base,
    ChainState,
    Event,
    Invoice,
    Payout,
    Prompt,
    SearchTerm,
    Shop,
    Store,
    StorePaymentMethod,
    Webhook,
)
from app.domain.search import terms_of
from app.domain.webhooks import WebhookType
from app.errors import DestinationTaken


def _written(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column is not table.autoincrement_column]


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
    pays_out: bool  # is a payout looked for on this network?
    is_bridged: bool  # is the store connected to its shop?
    methods: Sequence[tuple[str, int]]


TELLS_CREATED = exists().where(
    Webhook.store_id == Store.id,
    Webhook.enabled,
    Webhook.deleted_at.is_(None),
    or_(Webhook.everything, cast(Webhook.specific_events, String).like(f'%"{WebhookType.CREATED}"%')),
)
PAYS_OUT = exists().where(Payout.watched, Payout.network == bindparam("network"))
IS_BRIDGED = exists().where(Shop.store_id == Store.id)
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
        PAYS_OUT.label("pays_out"),
        IS_BRIDGED.label("is_bridged"),
        StorePaymentMethod.payment_method,
        StorePaymentMethod.wallet_id,
    )
    .outerjoin(StorePaymentMethod, and_(StorePaymentMethod.store_id == Store.id, StorePaymentMethod.enabled))
    .outerjoin(ChainState, ChainState.network == bindparam("network"))
    .where(Store.id == bindparam("store_id"), Store.deleted_at.is_(None))
    .order_by(StorePaymentMethod.payment_method)
)

INVOICES, PROMPTS, EVENTS, TERMS_FOUND_BY = (
    Base.metadata.tables[model.__tablename__] for model in (Invoice, Prompt, Event, SearchTerm)
)
OF_INVOICE = {Invoice.__mapper__.get_property_by_column(column).key: column.name for column in _written(INVOICES)}
OF_PROMPT = {Prompt.__mapper__.get_property_by_column(column).key: column.name for column in _written(PROMPTS)}
"""What is written of either: the attribute's name to the column's."""

ADD_INVOICE, ADD_PROMPT, ADD_TERMS = insert(INVOICES), insert(PROMPTS), insert(TERMS_FOUND_BY)
ADD_EVENT = insert(EVENTS).returning(EVENTS.c.id)
SET_STATUS = update(Invoice).where(Invoice.id == bindparam("of"))


def terms_of_store(session: Session, store_id: str, network: str) -> Terms | None:
    """None when there is no such store."""
    rows = session.connection().execute(TERMS, {"store_id": store_id, "network": network}).all()
    if not rows:
        return None
    methods = [(row.payment_method, row.wallet_id) for row in rows if row.payment_method is not None]
    terms: tuple[Any, ...] = (*rows[0][:-2], methods)  # as Terms has them
    return Terms(*terms)


def add_invoice(session: Session, row: Invoice, created: Mapping[str, Any]) -> int:
    """Write an invoice, its prompts, what it is found by and its first event; the session does not hold them.

    Every column must have been given. Returns the event's id. DestinationTaken.
    """
    connection = session.connection()
    invoice = {column: getattr(row, name) for name, column in OF_INVOICE.items()}
    prompts = [{column: getattr(prompt, name) for name, column in OF_PROMPT.items()} for prompt in row.prompts]
    if connection.dialect.name != "sqlite":
        given = _numbered(INVOICES, invoice) | _numbered(EVENTS, created) | {"terms": terms_of(row.search_text)}
        for place, prompt in enumerate(prompts):
            given |= _numbered(PROMPTS, prompt, place)
        with taken_named(row.prompts):
            return int(connection.execute(_at_once(len(prompts)), given).scalar_one())
    connection.execute(ADD_INVOICE, invoice)
    if prompts:
        with taken_named(row.prompts):
            connection.execute(ADD_PROMPT, prompts)
    add_search_terms(session, row.store_id, row.id, terms_of(row.search_text))
    return int(connection.execute(ADD_EVENT, created).scalar_one())


@lru_cache
def _at_once(prompts: int) -> Insert:
    """All of it in one statement, for so many prompts, as PostgreSQL can: who waits for an address of the same wallet
    waits for each answer of the server as well. What refers to the invoice is checked when the statement ends.
    """
    invoice = _slots(INVOICES)
    parts = [insert(INVOICES).values(invoice)]
    parts += [insert(PROMPTS).values(_slots(PROMPTS, place)) for place in range(prompts)]  # several rows are not cached
    found_by = select(invoice["store_id"], func.unnest(bindparam("terms", type_=ARRAY(String))), invoice["id"])
    parts.append(insert(TERMS_FOUND_BY).from_select(["store_id", "term", "invoice_id"], found_by))
    event = insert(EVENTS).values(_slots(EVENTS)).returning(EVENTS.c.id)
    return event.add_cte(*(part.cte(f"part_{number}") for number, part in enumerate(parts)))


def _slots(table: Table, place: int = 0) -> dict[str, BindParameter[Any]]:
    return {column.name: bindparam(_slot(table, place, column.name), type_=column.type) for column in _written(table)}


def _numbered(table: Table, row: Mapping[str, Any], place: int = 0) -> dict[str, Any]:
    return {_slot(table, place, name): value for name, value in row.items()}


def _slot(table: Table, place: int, name: str) -> str:
    return f"{table.name}_{place}_{name}"


@contextmanager
def taken_named(prompts: Iterable[Prompt]) -> Iterator[None]:
    """While these are written: that one of their scriptPubKeys was given out before is DestinationTaken."""
    wallet_ids = frozenset(prompt.wallet_id for prompt in prompts if prompt.wallet_id is not None)
    try:
        yield
    except IntegrityError as error:
        diagnosis = getattr(error.orig, "diag", None)
        if diagnosis is not None and diagnosis.table_name != PROMPTS.name:
            raise
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
