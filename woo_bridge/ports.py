"""What a pass over orders needs of the world: the shop, the ledger in our database, and the decision."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.domain.bridge import Decision, InvoiceView, Terms
from app.domain.bridge_times import Outcome, Owed
from app.domain.mismatch import MismatchKind
from app.domain.shop_notes import Note
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.shop_stock import Stock
from app.domain.watch import AskedRemedy, Intention, InvoiceWatch, Known, Look, ShopTerms, Unfinished, Watch

PAGE = 100  # orders that one call lists at most


class OrderPage(Protocol):
    """Some orders, whether a next page has more, and what time it was in the shop; None where it does not say."""

    @property
    def orders(self) -> Sequence[ShopOrder]: ...

    @property
    def has_more(self) -> bool: ...

    @property
    def told_at(self) -> datetime | None: ...


class Orders(Protocol):
    """The shop. Every call is one try and raises ShopTrouble."""

    def order(self, order_id: int) -> ShopOrder | OrderGone: ...

    def orders(self, ids: Iterable[int]) -> Sequence[ShopOrder]: ...

    def orders_modified_after(self, moment: datetime, beyond: int = 0, most: int = PAGE) -> OrderPage: ...

    def notes(self, order_id: int) -> Sequence[Note]: ...

    def stocks(self, product_ids: Iterable[int]) -> Sequence[Stock]: ...

    def put_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone: ...

    def post_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone: ...

    def add_note(self, order_id: int, text: str) -> int: ...


class Ledger(Protocol):
    """The database, for one store and one worker. What writes raises when the claim is lost."""

    def terms(self) -> ShopTerms | None:
        """None when the store is not connected any more."""

    def due(self, limit: int) -> Sequence[Watch]: ...

    def open_page(self, after: int, limit: int) -> Sequence[Watch]: ...

    def named(self, order_ids: Sequence[int]) -> Sequence[Watch]: ...

    def invoices(self, watch_ids: Sequence[int]) -> Mapping[int, Sequence[InvoiceWatch]]: ...

    def known(self, invoice_ids: Sequence[str]) -> Mapping[str, Known]: ...

    def told(self, invoice_id: str) -> Sequence[Owed]: ...

    def unfinished(self, watch_id: int) -> Sequence[Unfinished]: ...

    def claim(self, watch_id: int) -> bool: ...

    def let_go(self, watch_id: int) -> None: ...

    def record(self, looks: Sequence[Look]) -> None: ...

    def end(self, look: Look) -> None: ...

    def intend(self, what: Intention) -> int | None:
        """None: the invoice moved since that was decided."""

    def renew(self, act_id: int) -> bool:
        """Just before the shop is asked: the act is still to be done, and begins now."""

    def conclude(
        self, act_id: int, outcome: Outcome, after: Mapping[str, Any] | None = None, note_id: int | None = None
    ) -> None: ...

    def open_mismatch(
        self, watch_id: int, invoice_id: str, kind: MismatchKind, evidence: Mapping[str, Any]
    ) -> bool: ...

    def resolve_agreed(self, watch_id: int, invoice_id: str, kinds: frozenset[MismatchKind]) -> None: ...

    def nudge(self, watch_id: int, invoice_id: str) -> bool: ...

    def supersede(self, invoice_id: str, until: datetime) -> None:
        """End what the shop is owed of events up to then."""

    def close(self, watch_id: int, view: InvoiceView, reason: str) -> bool: ...

    def asked(self) -> Sequence[AskedRemedy]: ...

    def answer_person(self, asked: AskedRemedy, why_not: str | None) -> None:
        """It was done, or this is why it could not be."""

    def answered(self, polled_until: datetime | None = None) -> None: ...


Decide = Callable[[InvoiceView, ShopOrder | OrderGone, Sequence[InvoiceView], Terms, datetime], Decision]


@dataclass(frozen=True)
class Report:
    """What was done about an invoice, or would be in a dry run."""

    order_id: int
    invoice_id: str
    decision: Decision
    did: str


@dataclass(frozen=True)
class Desk:
    """Everything that a pass works with. `dry`: look and decide, and change nothing anywhere."""

    shop: Orders
    ledger: Ledger
    decide: Decide
    terms: ShopTerms
    now: Callable[[], datetime]
    dry: bool = False
    report: Callable[[Report], None] = lambda _: None
