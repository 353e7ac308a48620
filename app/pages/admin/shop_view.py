"""A connected shop, and a connection being made, as the page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from app.db.models import Shop, ShopConnect
from app.domain.findings import Finding, Level
from app.domain.shop_connect import CUT_OFF_AFTER, WORKED_ON, ConnectState, is_same_server
from app.domain.shop_facts import ShopFacts, facts_from

TAGS = {Level.OK: ("well", "tag-good"), Level.WARNING: ("look", "tag-warn"), Level.FAILED: ("mend", "tag-bad")}
ORDER = (Level.FAILED, Level.WARNING, Level.OK)


@dataclass(frozen=True)
class Line:
    """A finding with its tag."""

    check: str
    word: str
    tag: str
    says: str
    remedy: str


@dataclass(frozen=True)
class AttemptView:
    """Where an attempt stands. `is_working`: the page looks again by itself, and asks for nothing meanwhile.

    `sent_on_to` is the server that the given one sends its visitors to, empty where it is the same.
    """

    state: str
    home_url: str
    host: str
    name: str
    sent_on_to: str
    plain: bool
    is_working: bool
    is_over_time: bool
    says: str
    remedy: str


def lines(findings: Sequence[Finding]) -> list[Line]:
    """What wants a person comes first."""
    ranked = sorted(findings, key=lambda each: ORDER.index(each.level))
    return [Line(each.check, *TAGS[each.level], each.says, each.remedy) for each in ranked]


def facts_of(shop: Shop) -> ShopFacts:
    return facts_from(shop.facts)


def attempt_view(row: ShopConnect, now: datetime) -> AttemptView:
    """One that is over its time is shown as that."""
    found = row.found or {}
    late = row.expires_at <= now and row.state in (ConnectState.FOUND.value, ConnectState.ASKED.value)
    home_url = str(found.get("home_url") or row.home_url)
    return AttemptView(
        state=row.state,
        home_url=home_url,
        host=urlsplit(row.home_url).netloc,
        name=str(found.get("name") or urlsplit(row.home_url).netloc),
        sent_on_to="" if is_same_server(row.home_url, home_url) else urlsplit(home_url).netloc,
        plain=bool(found.get("plain_permalinks")),
        is_working=row.state in {state.value for state in WORKED_ON},
        is_over_time=late,
        says=(row.trouble_says or "").rstrip("."),
        remedy=row.trouble_remedy or "",
    )


def is_being_checked(shop: Shop, now: datetime) -> bool:
    """Asked for, and neither done nor given up."""
    asked = shop.check_wanted_at
    return asked is not None and now - asked < CUT_OFF_AFTER
