"""What the address of the list of invoices asks for, read and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from app.db.models import Store
from app.db.queries_invoice_list import ListQuery, Order, Place
from app.domain.invoice import AdditionalStatus, Status
from app.errors import BadInput

LONGEST_SEARCH = 200
ARCHIVED = {"": False, "also": None, "only": True}
FIELDS = ("q", "store", "status", "additional", "from", "to", "archived", "order")


@dataclass(frozen=True)
class Filters:
    """The fields of the filter form as they were sent: shown again whatever is wrong with them."""

    given: Mapping[str, str]

    @property
    def is_narrow(self) -> bool:
        """Does it ask for anything but a sorting?"""
        return any(self.given.get(name) for name in FIELDS if name != "order")

    def query(self, stores: Sequence[Store], network: str, take: int) -> ListQuery:
        """BadInput names the field, the value and what would be accepted."""
        chosen = self.given.get("store", "")
        mine = tuple(store.id for store in stores if chosen in ("", store.id))
        if not mine and chosen:
            raise BadInput("store", chosen, "choose one of your stores")
        until = _day("to", self.given.get("to", ""))
        order = _one_of("order", self.given.get("order") or Order.NEWEST, list(Order))
        return ListQuery(
            store_ids=mine,
            network=network,
            text=self.given.get("q", "")[:LONGEST_SEARCH],
            statuses=_named("status", self.given.get("status", ""), list(Status)),
            additional=_named("additional", self.given.get("additional", ""), list(AdditionalStatus)),
            created_from=_day("from", self.given.get("from", "")),
            created_before=until + timedelta(days=1) if until else None,
            archived=ARCHIVED[_one_of("archived", self.given.get("archived", ""), list(ARCHIVED))],
            order=Order(order),
            after=_place("after", self.given.get("after", ""), Order(order)),
            before=_place("before", self.given.get("before", ""), Order(order)),
            take=take,
        )

    def address(self, path: str, **changed: str) -> str:
        """`path` with the same filters; a place only where one is given here."""
        kept = {name: self.given[name] for name in FIELDS if self.given.get(name)}
        asked = {name: value for name, value in {**kept, **changed}.items() if value}
        return f"{path}?{urlencode(asked)}" if asked else path


def place_text(place: Place) -> str:
    """A place as an address carries it."""
    value, row_id = place
    return f"{value.isoformat() if isinstance(value, datetime) else value}~{row_id}"


def _place(field: str, text: str, order: Order) -> Place | None:
    if not text:
        return None
    value, _, row_id = text.partition("~")
    try:
        found: datetime | int = int(value) if order.is_by_amount else datetime.fromisoformat(value)
        fits = isinstance(found, datetime) or abs(found) < 2**63
        if isinstance(found, datetime):
            found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        fits, found = False, 0
    if not fits or not row_id or len(row_id) > 100:
        raise BadInput(field, text, "follow the links between the pages")
    return found, row_id


def _day(field: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        day + timedelta(days=1)  # the last day of all has none after it
    except (ValueError, OverflowError):
        raise BadInput(field, text, "write the day as 2025-12-31") from None
    return day


def _named(field: str, value: str, known: Sequence[str]) -> tuple[str, ...]:
    return (_one_of(field, value, known),) if value else ()


def _one_of(field: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise BadInput(field, value, f"use one of {', '.join(each for each in known if each)}")
    return value
