"""What a list of orders may be asked for, and WordPress' words for what it may not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from regtest.shop.options import Options
from regtest.shop.rest.exchange import RestError, invalid_parameter

ORDER_BY = ("date", "id", "include", "title", "slug", "modified")
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")
MOST_ON_A_PAGE = 100
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE)
DATES = {
    "after": ("substr(created_at, 1, 19)", ">"),
    "before": ("substr(created_at, 1, 19)", "<"),
    "modified_after": ("modified_at", ">"),
    "modified_before": ("modified_at", "<"),
}
"""Parameter -> column and comparison: strict, in whole seconds."""


@dataclass(frozen=True)
class Listing:
    """What was asked for; `moments` are column, comparison and UTC time without a zone."""

    statuses: tuple[str, ...]
    include: tuple[int, ...] | None
    search: str
    moments: tuple[tuple[str, str, str], ...]
    order_by: str
    ascending: bool
    per_page: int
    page: int
    offset: int


def listing(query: dict[str, str], options: Options) -> Listing:
    """Read the query; whatever has a name that is not known is passed over in silence. Raises RestError."""
    page, per_page = _page(query), _per_page(query)
    order_by = _one_of("orderby", query.get("orderby", "date"), ORDER_BY)
    order = _one_of("order", query.get("order", "desc"), ("asc", "desc"))
    return Listing(
        statuses=_statuses(query, options),
        include=_include(query),
        search=query.get("search", ""),
        moments=tuple(_moments(query, zone_of(options))),
        order_by=order_by,
        ascending=order == "asc",
        per_page=per_page,
        page=page,
        offset=int(query["offset"]) if query.get("offset", "").isdecimal() else (page - 1) * per_page,
    )


def zone_of(options: Options) -> tzinfo:
    """The shop's own time."""
    return ZoneInfo(options.timezone) if options.timezone else UTC


def is_one_of(name: str, values: Sequence[str]) -> str:
    """WordPress' sentence about an enumeration."""
    return f"{name} is not one of {', '.join(values[:-1])}, and {values[-1]}."


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise invalid_parameter(name, is_one_of(name, allowed), "rest_not_in_enum")
    return value


def _per_page(query: dict[str, str]) -> int:
    value = _integer("per_page", query.get("per_page", "10"))
    if not 1 <= value <= MOST_ON_A_PAGE:
        words = f"per_page must be between 1 (inclusive) and {MOST_ON_A_PAGE} (inclusive)"
        raise invalid_parameter("per_page", words, "rest_out_of_bounds")
    return value


def _page(query: dict[str, str]) -> int:
    value = _integer("page", query.get("page", "1"))
    if value < 1:
        raise invalid_parameter("page", "page must be greater than or equal to 1", "rest_out_of_bounds")
    return value


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise invalid_parameter(name, f"{name} is not of type integer.", "rest_invalid_type")
    return int(text)


def _statuses(query: dict[str, str], options: Options) -> tuple[str, ...]:
    """With "any" among them, or without a wish: all but drafts, trash and what no plugin knows any more."""
    asked = [status for status in query.get("status", "any").split(",") if status]
    allowed = ("any", "trash", "auto-draft", *STATUSES[:-1], *options.statuses, STATUSES[-1])
    for number, status in enumerate(asked):
        if status not in allowed:
            words = is_one_of(f"status[{number}]", allowed)
            raise invalid_parameter("status", words, "rest_not_in_enum")
    return (*STATUSES[:-1], *options.statuses) if "any" in asked or not asked else tuple(asked)


def _include(query: dict[str, str]) -> tuple[int, ...] | None:
    """A comma list, or a list by index."""
    listed = [value for name, value in query.items() if re.fullmatch(r"include\[\d*\]", name)]
    texts = listed or [text for text in query.get("include", "").split(",") if text]
    for number, text in enumerate(texts):
        _integer(f"include[{number}]", text) if text else None
    return tuple(int(text) for text in texts) or None


def _moments(query: dict[str, str], zone: tzinfo) -> list[tuple[str, str, str]]:
    found = []
    for name, (column, comparison) in DATES.items():
        if query.get(name):
            is_gmt = query.get("dates_are_gmt") in ("true", "1")
            found.append((column, comparison, _moment(name, query[name], zone, is_gmt)))
    return found


def _moment(name: str, text: str, zone: tzinfo, is_gmt: bool) -> str:
    """WordPress turns any time into the shop's own, and takes the result for UTC if it was told that dates are GMT."""
    if not MOMENT.fullmatch(text):
        raise _no_date(name)
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise _no_date(name) from None
    own = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(zone)
    utc = own.replace(tzinfo=UTC) if is_gmt else own.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S")


def _no_date(name: str) -> RestError:
    return invalid_parameter(name, "Invalid date.", "rest_invalid_date")
