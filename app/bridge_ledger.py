"""What the bridge reads and writes in our database, for one store and under one name."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.db import queries_acts, queries_bridge, queries_told
from app.db.bridge_views import invoices_of, watch_of
from app.db.models import BridgeAct, Shop
from app.db.queries import reading
from app.db.queries_mismatches import asked_remedies
from app.db.session import Session
from app.domain.advice import puts_on_hold
from app.domain.bridge import InvoiceView, Terms
from app.domain.bridge_times import ActKind, Outcome, Owed
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.shop_facts import facts_from
from app.domain.watch import AskedRemedy, Intention, InvoiceWatch, Known, Look, ShopTerms, Unfinished, Watch
from app.usecases.claim_order import claim_order
from app.usecases.close_invoice import close_invoice
from app.usecases.nudge_delivery import nudge_delivery
from app.usecases.open_mismatch import open_mismatch
from app.usecases.record_act import conclude, intend, renew, tries_of
from app.usecases.record_look import end_look, let_go, record_looks
from app.usecases.record_shop_health import shop_answered
from app.usecases.resolve_mismatch import remedy_done, remedy_failed, resolve_agreed
from app.usecases.supersede_owed import BROUGHT_TO_AGREE, supersede


class BridgeLedger:
    """Used by one thread, inside an application context. `who` is the name that orders are claimed under."""

    def __init__(self, store_id: str, who: str, now: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._store_id = store_id
        self._who = who
        self._now = now
        self._wake = wake

    def terms(self) -> ShopTerms | None:
        """None when the store is not connected."""
        row = self._read().get(Shop, self._store_id, populate_existing=True)
        if row is None:
            return None
        return ShopTerms(
            terms=terms_of(row),
            grace=timedelta(seconds=row.grace_seconds),
            polled_until=row.polled_until,
            next_try_at=row.next_try_at,
            failing_since=row.failing_since,
        )

    def due(self, limit: int) -> list[Watch]:
        return [watch_of(row) for row in queries_bridge.due_orders(self._read(), self._store_id, self._now(), limit)]

    def open_page(self, after: int, limit: int) -> list[Watch]:
        return [watch_of(row) for row in queries_bridge.open_orders(self._read(), self._store_id, after, limit)]

    def named(self, order_ids: Sequence[int]) -> list[Watch]:
        return [watch_of(row) for row in queries_bridge.orders_named(self._read(), self._store_id, order_ids)]

    def invoices(self, watch_ids: Sequence[int]) -> Mapping[int, Sequence[InvoiceWatch]]:
        return invoices_of(self._read(), watch_ids)

    def known(self, invoice_ids: Sequence[str]) -> Mapping[str, Known]:
        return queries_acts.known_of(self._read(), invoice_ids)

    def told(self, invoice_id: str) -> list[Owed]:
        return queries_told.told_of(self._read(), invoice_id)

    def unfinished(self, watch_id: int) -> list[Unfinished]:
        return [_unfinished(row) for row in queries_acts.unfinished_acts(self._read(), watch_id)]

    def claim(self, watch_id: int) -> bool:
        return claim_order(watch_id, self._who, self._now())

    def let_go(self, watch_id: int) -> None:
        let_go(watch_id, self._who)

    def record(self, looks: Sequence[Look]) -> None:
        record_looks(looks, self._now())

    def end(self, look: Look) -> None:
        end_look(look, self._who, self._now())

    def intend(self, what: Intention) -> int | None:
        return intend(what, self._who, self._now())

    def renew(self, act_id: int) -> bool:
        return renew(act_id, self._who, self._now())

    def conclude(
        self, act_id: int, outcome: Outcome, after: Mapping[str, Any] | None = None, note_id: int | None = None
    ) -> None:
        conclude(act_id, outcome, self._now(), after=after, note_id=note_id)

    def open_mismatch(self, watch_id: int, invoice_id: str, kind: MismatchKind, evidence: Mapping[str, Any]) -> bool:
        return open_mismatch(watch_id, invoice_id, kind, evidence, self._now())

    def resolve_agreed(self, watch_id: int, invoice_id: str, kinds: frozenset[MismatchKind]) -> None:
        resolve_agreed(watch_id, invoice_id, kinds, self._now())

    def nudge(self, watch_id: int, invoice_id: str) -> bool:
        nudged = nudge_delivery(watch_id, invoice_id, self._who, self._now())
        if nudged:
            self._wake()
        return nudged

    def supersede(self, invoice_id: str, until: datetime) -> None:
        supersede(invoice_id, BROUGHT_TO_AGREE, until)

    def close(self, watch_id: int, view: InvoiceView, reason: str) -> bool:
        return close_invoice(watch_id, view.id, view.seen_sats, reason, self._who, self._now())

    def asked(self) -> list[AskedRemedy]:
        rows = asked_remedies(self._read(), self._store_id)
        return [
            AskedRemedy(row.id, watch_of(row.watched_order), row.invoice_id, row.asked_by or "")
            for row in rows
            if row.asked_remedy == Remedy.PAY_ORDER.value
        ]

    def answer_person(self, asked: AskedRemedy, why_not: str | None) -> None:
        if why_not is None:
            remedy_done(asked.mismatch_id, self._now())
        else:
            remedy_failed(asked.mismatch_id, why_not)

    def answered(self, polled_until: datetime | None = None) -> None:
        shop_answered(self._store_id, self._now(), polled_until)

    @staticmethod
    def _read() -> Session:
        session = reading()
        session.rollback()  # what was read before the last call of the shop is old by now
        return session


def _unfinished(row: BridgeAct) -> Unfinished:
    return Unfinished(
        act_id=row.id,
        invoice_id=row.invoice_id or "",
        kind=ActKind(row.act),
        key=row.key,
        says=row.says,
        expects=row.expects,
        began_at=row.began_at,
        tries=tries_of(row),
    )


def terms_of(row: Shop) -> Terms:
    """The terms of the decision: what the merchant chose, and where nothing was chosen, what suits the shop's stock."""
    facts = facts_from(row.facts)
    return Terms(
        on_hold_at_sight=puts_on_hold(facts, row.on_hold_at_sight),
        cancel_expired=row.cancel_expired,
        hold_stock_minutes=facts.hold_stock_minutes if facts.holds_stock else None,
        track_stock=facts.manages_stock is not False,
        orders_since=row.orders_since,
    )


def shop_of(store_id: str) -> Shop | None:
    """The shop that a store is connected to."""
    return reading().get(Shop, store_id)
