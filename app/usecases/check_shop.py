"""Examine a connected shop: because a person asks, and once a day. The worker does it between these steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.db.models import Shop
from app.db.queries import reading
from app.db.queries_shops import claim_check, due_checks
from app.db.session import change
from app.domain.shop_connect import CUT_OFF_AFTER
from app.errors import NotFound

AT_ONCE = 10
EVERY = timedelta(hours=24)


@dataclass(frozen=True)
class WayIn:
    """Where a shop's REST API is, and how requests prove themselves there."""

    root_url: str
    named_root_url: str
    plain_permalinks: bool
    auth: str


@dataclass(frozen=True)
class Check:
    """A shop that was taken to be examined, as it was connected then; ready without the database."""

    store_id: str
    home_url: str
    sealed_key: str
    connected_at: datetime
    began_at: datetime


@dataclass(frozen=True)
class Checked:
    """What came of it. `way_in` and `facts` are None where it did not get that far."""

    findings: list[dict[str, Any]]
    way_in: WayIn | None = None
    facts: dict[str, Any] | None = None


def want_check(store_id: str, now: datetime) -> None:
    """Have it examined. NotFound."""
    with change() as session:
        shop = session.get(Shop, store_id)
        if shop is None:
            raise NotFound("the store is connected to no shop")
        shop.check_wanted_at = now


def due_shop_checks(now: datetime) -> Sequence[str]:
    """The stores whose shop is to be examined."""
    session = reading()
    session.rollback()
    found = due_checks(session, now - CUT_OFF_AFTER, now - EVERY, AT_ONCE)
    session.rollback()
    return found


def start_check(store_id: str, now: datetime) -> Check | None:
    """Take it. None when another worker did."""
    with change() as session:
        if not claim_check(session, store_id, now - CUT_OFF_AFTER, now):
            return None
        shop = session.get_one(Shop, store_id, populate_existing=True)
        return Check(store_id, shop.home_url, shop.sealed_key, shop.connected_at, now)


def finish_check(check: Check, checked: Checked, now: datetime) -> None:
    """Record what was found. The way in may have changed, by a proxy or other permalinks: it is used from now on.

    What was found before the store was connected anew, maybe to another shop, says nothing of the one of now.
    """
    with change() as session:
        shop = session.get(Shop, check.store_id, populate_existing=True)
        if shop is None or (shop.home_url, shop.connected_at) != (check.home_url, check.connected_at):
            return
        shop.findings, shop.findings_at = checked.findings, now
        shop.check_started_at = None
        if shop.check_wanted_at is not None and shop.check_wanted_at <= check.began_at:
            shop.check_wanted_at = None
        for name, value in vars(checked.way_in).items() if checked.way_in else ():
            setattr(shop, name, value)
        if checked.facts is not None:
            shop.facts, shop.facts_at = checked.facts, now
