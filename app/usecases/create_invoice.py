"""Make an invoice from an order: locked rate, unused address, one transaction, no network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.db.facts import invoice_facts
from app.db.marks import Marks
from app.db.models import Invoice, Prompt
from app.db.queries import ipn_endpoint_at
from app.db.queries_new_invoice import Terms, add_invoice, set_status, terms_of_store
from app.db.queries_wallet import payees
from app.db.session import change
from app.domain.accounting import is_dust
from app.domain.assess import assess
from app.domain.chain import Tip
from app.domain.fees import VBYTES_PER_PAYMENT, fee_rate_or_default
from app.domain.ids import new_id
from app.domain.invoice import NetworkFeeMode, SpeedPolicy
from app.domain.money import round_price
from app.domain.search import as_search_text, described, search_terms
from app.domain.store import with_defaults
from app.errors import BadInput, DestinationTaken, NotFound
from app.usecases.destination import Destination
from app.usecases.lock_rate import LockedRate, lock_rate
from app.usecases.refresh_invoice import created_event, owe_created, record_events
from app.usecases.take_address import TakenAddress, take_address, with_unused_addresses
from app.usecases.watch_order import watch_order

Told = TypeVar("Told")


@dataclass(frozen=True)
class NewInvoice:
    """What a client asked for. None means that the store decides; a price of None makes a top-up.

    `metadata`, `checkout` and `receipt` are kept as given for Greenfield, which also knows further `search_terms` and
    `lazy` payment methods: those get their address and rate when somebody asks for them.
    """

    store_id: str
    price: Decimal | None
    currency: str | None = None
    order_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    payment_methods: tuple[str, ...] | None = None
    speed_policy: SpeedPolicy | None = None
    expires_at: datetime | None = None
    redirect_url: str | None = None
    redirect_automatically: bool | None = None
    notification_url: str | None = None
    notification_email: str | None = None
    full_notifications: bool = False
    extended_notifications: bool = False
    tolerance_percent: Decimal | None = None
    monitoring: timedelta | None = None
    lazy: bool = False
    metadata: dict[str, Any] | None = None
    checkout: dict[str, Any] | None = None
    receipt: dict[str, Any] | None = None
    search_terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What create_invoice needs of the process: chain, rate source, currencies' digits, deriver, marks of wallets."""

    network: str
    rate_source: str
    currency_digits: Callable[[str], int | None]  # None: not a currency we know
    derive: Callable[[str, int], Destination]  # (descriptor, address index)
    marks: Marks


def create_invoice(request: NewInvoice, around: Surroundings, now: datetime) -> str:
    """Create the invoice and return its id.

    Raises NotFound (store), BadInput (currency, payment methods, dust), NoQuote, WalletStopped; nothing is reserved
    then.
    """
    return create_and_tell(request, around, now, lambda row: row.id)


def create_and_tell(request: NewInvoice, around: Surroundings, now: datetime, tell: Callable[[Invoice], Told]) -> Told:
    """The same; returns what `tell` makes of the new row inside the change, so that nothing is read back for it."""
    return with_unused_addresses(
        lambda: _create(request, around, now, tell), around.network, around.derive, around.marks, now
    )


def _create(request: NewInvoice, around: Surroundings, now: datetime, tell: Callable[[Invoice], Told]) -> Told:
    with change() as session:
        terms = terms_of_store(session, request.store_id, around.network)
        if terms is None:
            raise NotFound(f"there is no store {request.store_id}")
        currency = (request.currency or terms.default_currency).upper()
        digits = around.currency_digits(currency)
        if digits is None:
            raise BadInput("currency", currency, "use an ISO 4217 code, or BTC")
        methods = _chosen(terms, request.payment_methods)
        price = None if request.price is None else round_price(request.price, digits)
        row = _row(request, terms, price, currency, now)
        if request.notification_url:
            row.ipn_endpoint_id = ipn_endpoint_at(session, terms.store_id, request.notification_url, now)
        if row.checkout is not None and price != 0:
            row.checkout = {**row.checkout, "paymentMethods": [method for method, _ in methods]}
        lazy = request.lazy or bool((row.checkout or {}).get("lazyPaymentMethods"))
        taken = [] if lazy or price == 0 else add_prompts(session, row, terms, methods, around, now)
        row.search_text = as_search_text(search_terms(_searched(row, request)))
        if terms.is_bridged:
            watch_order(session, row, now)
        event_id = add_invoice(session, row, created_event(row, now))
        owe_created(session, row, event_id, now, asks_webhooks=terms.tells_created)
        if price == 0:
            _settle_at_once(session, row, now)
        told = tell(row)
    for address in taken:
        address.note_given()
    return told


def add_prompts(
    session: Session,
    row: Invoice,
    terms: Terms,
    methods: Sequence[tuple[str, int]],
    around: Surroundings,
    now: datetime,
) -> list[TakenAddress]:
    """Let `row` ask to be paid by these methods (with wallet ids). Call `note_given` on the addresses after the change.

    Raises NoQuote, BadInput (dust), WalletStopped, DestinationTaken (one would pay a payout as well).
    """
    locked = lock_rate(session, terms, row.currency, around.rate_source, now)
    row.tracked_rates = locked.tracked
    fee_rate = fee_rate_or_default(terms.fee_rate_sat_per_vbyte, around.network)
    _require_payable(row, locked)
    taken = [take_address(session, wallet_id, around.marks) for _, wallet_id in methods]
    prompts = [
        _prompt(row, method, locked, fee_rate, address, around)
        for (method, _), address in zip(methods, taken, strict=True)
    ]
    if terms.pays_out and payees(session, around.network, [prompt.script_pubkey or b"" for prompt in prompts]):
        raise DestinationTaken(frozenset(wallet_id for _, wallet_id in methods))
    row.prompts += prompts
    return taken


def _searched(row: Invoice, request: NewInvoice) -> list[str | None]:
    addresses = [prompt.destination for prompt in row.prompts]
    return [row.id, *described(row.order_id, row.details), *addresses, *request.search_terms]


def _settle_at_once(session: Session, row: Invoice, now: datetime) -> None:
    """Nothing is to be paid, so everything is (invoice-states 5, consequence 9). `row` shows it, written here."""
    result = assess(invoice_facts(row), [], Tip(0, "", now), now)
    row.status, row.additional_status = result.invoice.status.value, result.invoice.additional_status.value
    set_status(session, row.id, row.status, row.additional_status)
    record_events(session, row, result.events, now)


def _row(request: NewInvoice, terms: Terms, price: Decimal | None, currency: str, now: datetime) -> Invoice:
    expires_at = request.expires_at or now + timedelta(seconds=terms.expiration_seconds)
    automatically = request.redirect_automatically
    monitoring = timedelta(seconds=terms.monitoring_seconds) if request.monitoring is None else request.monitoring
    tolerance = terms.tolerance_percent if request.tolerance_percent is None else request.tolerance_percent
    return Invoice(
        id=new_id(),
        store_id=terms.store_id,
        price=price,
        currency=currency,
        is_top_up=price is None,
        tolerance_percent=tolerance,
        speed_policy=(request.speed_policy or SpeedPolicy(terms.speed_policy)).value,
        network_fee_mode=terms.network_fee_mode,
        created_at=now,
        expires_at=expires_at,
        monitoring_ends_at=expires_at + monitoring,
        status="New",
        additional_status="None",
        archived=False,
        order_id=request.order_id,
        details=request.details,
        redirect_url=request.redirect_url or terms.website,
        redirect_automatically=terms.redirect_automatically if automatically is None else automatically,
        notification_email=request.notification_email,
        full_notifications=request.full_notifications or request.extended_notifications,
        extended_notifications=request.extended_notifications,
        ipn_endpoint_id=None,
        metadata_=request.metadata,
        checkout=_checkout(request, terms),
        receipt=None if request.receipt is None else {**terms.preferences.get("receipt", {}), **request.receipt},
        search_text=None,
        watched_order_id=None,
        prompts=[],
        payments=[],
    )


def _checkout(request: NewInvoice, terms: Terms) -> dict[str, Any] | None:
    if request.checkout is None:
        return None
    return with_defaults(request.checkout, terms.preferences, terms.default_payment_method)


def _chosen(terms: Terms, wanted: tuple[str, ...] | None) -> Sequence[tuple[str, int]]:
    """(payment method, wallet id) of each that the invoice offers."""
    if not terms.methods:
        raise BadInput("wallet", terms.name, "the store has no wallet yet; add one with `flask wallet add`")
    chosen = [(method, wallet_id) for method, wallet_id in terms.methods if wanted is None or method in wanted]
    if not chosen:
        names = ", ".join(method for method, _ in terms.methods)
        raise BadInput("paymentMethods", wanted, f"this store accepts {names}")
    return chosen


def _require_payable(row: Invoice, locked: LockedRate) -> None:
    if row.price is not None and is_dust(row.price, locked.rate):
        raise BadInput("price", f"{row.price} {row.currency}", "it is too small for the bitcoin network to carry")


def _prompt(
    row: Invoice, payment_method: str, locked: LockedRate, fee_rate: int, taken: TakenAddress, around: Surroundings
) -> Prompt:
    destination = around.derive(taken.wallet.descriptor, taken.index)
    asks_fee = row.network_fee_mode != NetworkFeeMode.NEVER.value
    return Prompt(
        invoice_id=row.id,
        payment_method=payment_method,
        destination=destination.address,
        rate=locked.rate,
        rate_source=locked.source,
        rate_at=locked.at,
        fee_sats=fee_rate * VBYTES_PER_PAYMENT if asks_fee else 0,
        fee_rate_sat_per_vbyte=fee_rate,
        network=around.network,
        script_pubkey=destination.script_pubkey,
        wallet_id=taken.wallet.id,
        address_index=taken.index,
    )
