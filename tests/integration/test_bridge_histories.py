"""Buyers, the chain, people of the shop, failures and two workers, in whatever order: no write that does harm.

Nothing is done twice, and in the end order and invoice agree or a person is told.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Select, select, update

from app.db.models import BridgeAct, Invoice, Mismatch, Payment, WatchedOrder
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.db.session import assessing_change, change
from app.domain.bridge_times import WatchState
from app.domain.chain import Tip
from app.domain.ids import new_id
from app.domain.mismatch import Remedy
from app.domain.shop_order import OrderGone, ShopOrder
from app.usecases.claim_order import release_dead_orders
from app.usecases.refresh_invoice import refresh_invoice
from app.usecases.resolve_mismatch import resolve_mismatch
from tests.databases import migrated_file
from tests.integration.bridge_bench import PAID_STATUSES, SATS, BridgeBench, MemoryShop, trouble
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.ports import Desk
from woo_bridge.shop_pass import look_at, look_at_due, poll

numbers = itertools.count(1)
CALLS = st.sampled_from(["put", "after put", "note", "after note"])
FAILS = [TroubleKind.TIMEOUT, TroubleKind.UNREACHABLE, TroubleKind.BLOCKED, TroubleKind.WRITE_REFUSED]
failures = st.sampled_from(FAILS).map(trouble)
TROUBLES = st.one_of(st.none(), st.tuples(CALLS, st.one_of(failures, st.builds(KeyboardInterrupt))))
OURS = "btcpaygf_default"
WORKERS = st.sampled_from("AB")
WAITS = st.sampled_from([0, 3, 3])  # minutes; the plugin has its chance for two
LOOKS: dict[str, Callable[[Desk], Any]] = {
    "by itself": lambda desk: look_at(desk, desk.ledger.named(list(desk.shop.held))),
    "when due": look_at_due,
    "when changed": poll,
}


@dataclass
class WatchedShop(MemoryShop):
    """Says no to what must never be asked of it, and notes status changes as WooCommerce does."""

    decided: set[int] = field(default_factory=set)  # orders whose status a person has set
    forbidden: list[str] = field(default_factory=list)

    def _written(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        order = self.held[order_id]
        harm = {
            "paid": order.status in PAID_STATUSES or order.date_paid is not None,
            "refunded": order.status == "refunded" or order.has_refunds,
            "trashed": order.status == "trash",
            "foreign": order.payment_method != OURS or order.order_key != f"wc_order_{order_id}",
            "a person's": order_id in self.decided,
        }
        self.forbidden += [f"{body} to an order that is {what}" for what, is_so in harm.items() if is_so]
        before = order.status
        try:
            return super()._written(order_id, body)
        finally:
            if self.held[order_id].status != before:
                self.person_notes(order_id, changed(before, self.held[order_id].status), "WooCommerce")

    def ours(self, order_id: int) -> list[str]:
        return [text for text in self.texts(order_id) if text.startswith("Sattle")]


def changed(before: str, after: str) -> str:
    return f"Order status changed from {before} to {after}."


class History(RuleBasedStateMachine):
    """One order and its invoice; all that happens between two looks happens at once."""

    bench: BridgeBench

    def __init__(self) -> None:
        super().__init__()
        self.shop = WatchedShop(self.bench.clock.now)
        self.bench.shop = self.bench.orders = self.shop
        self.order_id, self.height = next(numbers), 100
        self.invoice_id = self.bench.place(self.order_id)

    @property
    def order(self) -> ShopOrder:
        return self.shop.held[self.order_id]

    @initialize(money=st.sampled_from(["none", "seen", "settled", "settled", "settled", "settled"]))
    def begins(self, money: str) -> None:
        """Most histories are about money that settled in time."""
        if money != "none":
            self.pays(part=False)
        if money == "settled":
            self.a_block_is_found()

    # The buyer and the chain

    @rule(deed=st.sampled_from(["pays", "pays a part", "a block", "a block", "a double spend", "time", "a day"]))
    def money_moves(self, deed: str) -> None:
        """Or an invoice runs out, or waited for its block in vain."""
        self.bench.advance(minutes={"time": 20, "a day": 26 * 60}.get(deed, 0))
        if deed == "a block":
            self.a_block_is_found()
        elif deed.startswith("pays"):
            self.pays(part=deed == "pays a part")
        else:
            self.assess(self.lose if deed == "a double spend" else lambda _row: None)

    def pays(self, part: bool) -> None:
        self.assess(lambda row: row.payments.append(self.payment(row, SATS // 2 if part else SATS)))

    def a_block_is_found(self) -> None:
        self.height += 1
        self.assess(lambda row: [self.bury(payment) for payment in row.payments if payment.conflicted_by is None])

    @staticmethod
    def lose(row: Invoice) -> None:
        for payment in row.payments[:1]:
            payment.height = payment.block_hash = payment.verified_in = None
            payment.conflicted_by = ""

    def payment(self, row: Invoice, sats: int) -> Payment:
        now = self.bench.clock.now()
        txid = (new_id() * 3).encode().hex()[:64]
        outpoint = {"network": "regtest", "txid": txid, "vout": 0, "value_sats": sats}
        times = {"recorded_at": now, "paid_at": now, "verified_in": "mempool"}
        return Payment(prompt=row.prompts[0], invoice_id=row.id, **outpoint, **times)

    def bury(self, payment: Payment) -> None:
        payment.height = payment.height or self.height
        payment.block_hash = payment.verified_in = "ab" * 32

    def assess(self, happens: Callable[[Invoice], object]) -> None:
        """Something happens to the invoice's money, and Sattle hears of it."""
        now = self.bench.clock.now()
        with self.bench.app.app_context(), assessing_change() as session:
            row = session.get_one(Invoice, self.invoice_id)
            happens(row)
            session.flush()
            refresh_invoice(session, row, Tip(self.height, "ab" * 32, now), now)

    # The shop and its people

    @rule(who=st.sampled_from(["the plugin", "hold stock", "the customer", "a restored backup"]))
    def the_shop_moves(self, who: str) -> None:
        order, mine = self.order, self.order.payment_method == OURS
        money = {"Settled": "processing", "Processing": "on-hold"}.get(self.bench.stored(self.invoice_id)[0])
        if who == "the plugin" and money and order.status in ("pending", "on-hold") and mine:
            self.becomes("WooCommerce", money)
        elif who == "hold stock" and order.status == "pending":
            self.becomes("WooCommerce", "cancelled")
        elif who == "the customer" and order.status == "pending":
            self.becomes("WooCommerce", "processing", payment_method="stripe", transaction_id="ch_1")
        elif who == "a restored backup":
            self.shop.become(self.order_id, order_key="wc_order_of_another", plugin_invoice_id=None)

    @rule(status=st.sampled_from(["a remark", "pending", "on-hold", "cancelled", "completed", "trash", "refunded"]))
    def a_person_acts(self, status: str) -> None:
        if status == "a remark":
            self.shop.person_notes(self.order_id, "Please gift-wrap.")
        elif self.order.status != status:
            self.becomes("Ann", status, has_refunds=self.order.has_refunds or status == "refunded")

    @rule(remedy=st.sampled_from([Remedy.LEAVE, Remedy.REFUND]))
    def a_person_closes_what_is_open(self, remedy: Remedy) -> None:
        with self.bench.app.app_context():
            for number in [row.id for row in open_mismatches(reading(), ["store"])]:
                resolve_mismatch(number, "ann@shop.example", remedy, "", self.bench.clock.now())

    def becomes(self, by: str, status: str, **more: Any) -> None:
        before = self.order
        paid = self.bench.clock.now() if status in PAID_STATUSES else None
        self.shop.become(self.order_id, status=status, date_paid=before.date_paid or paid, **more)
        self.shop.person_notes(self.order_id, changed(before.status, status), by)
        (self.shop.decided.add if by == "Ann" else self.shop.decided.discard)(self.order_id)

    # The bridge

    @rule(how=st.sampled_from(sorted(LOOKS)), who=WORKERS, minutes=WAITS, trouble=TROUBLES)
    def looks(self, how: str, who: str, minutes: int, trouble: tuple[str, BaseException] | None) -> None:
        """While a call fails, or while the worker dies over one, and somebody notices."""
        self.bench.advance(minutes=minutes)
        if trouble is not None:
            self.shop.accidents[trouble[0]] = [trouble[1]]
        with suppress(ShopTrouble, KeyboardInterrupt):
            self.bench.pass_over(LOOKS[how], who)
        self.shop.accidents.clear()
        with self.bench.app.app_context():
            release_dead_orders(lambda name: name == who)

    @rule(who=WORKERS)
    def looks_twice_and_finds_nothing_more_to_do(self, who: str) -> None:
        self.bench.pass_over(LOOKS["by itself"], who)
        before = self.done()
        self.bench.pass_over(LOOKS["by itself"], "AB".replace(who, ""))
        assert self.done() == before

    def done(self) -> tuple[int, list[str]]:
        return len(self.shop.puts), self.shop.ours(self.order_id)

    # What must hold

    @invariant()
    def nothing_forbidden_was_written(self) -> None:
        assert self.shop.forbidden == []

    @invariant()
    def each_note_is_there_once(self) -> None:
        notes = self.shop.ours(self.order_id)
        assert len(notes) == len(set(notes))
        if any("set it to paid" in text for text in notes):
            assert self.shop.puts, "it says what it has not done"

    def nothing_was_done_twice(self) -> None:
        with self.bench.app.app_context():
            mine = (BridgeAct.invoice_id == self.invoice_id, BridgeAct.outcome == "done")
            acts = Counter((row.act, row.key) for row in reading().scalars(select(BridgeAct).where(*mine)))
        assert max(acts.values(), default=1) == 1, acts

    def teardown(self) -> None:
        """Everything settles down; then they agree, or a person was told, and nobody does anything more."""
        self.a_block_is_found()
        for who in "AB":
            self.bench.advance(minutes=10)
            self.bench.pass_over(LOOKS["by itself"], who)
        self.looks_twice_and_finds_nothing_more_to_do("A")
        self.nothing_forbidden_was_written()
        self.each_note_is_there_once()
        self.nothing_was_done_twice()
        self.they_agree_or_a_person_was_told()
        with self.bench.app.app_context(), change() as session:
            session.execute(update(WatchedOrder).values(state=WatchState.GIVEN_UP.value))

    def they_agree_or_a_person_was_told(self) -> None:
        with self.bench.app.app_context():
            row = self.bench.watch(self.order_id)
            (invoice,) = self.bench.ledger().invoices([row.id])[row.id]
            told = set(reading().scalars(self.kinds()))
        if invoice.view.is_lost:
            assert "lost_payment" in told
        elif invoice.view.is_paid:
            assert told or (self.order.status in PAID_STATUSES and self.order.payment_method == OURS)
        assert row.state in ("done", "mismatch") or not invoice.view.is_paid

    def kinds(self) -> Select[tuple[str]]:
        return select(Mismatch.kind).where(Mismatch.invoice_id == self.invoice_id)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeBench]:
    directory = tmp_path_factory.mktemp("bridge")
    (directory / "sattle.db").write_bytes(migrated_file())
    bench = BridgeBench(directory, f"sqlite:///{directory / 'sattle.db'}")
    bench.connect()
    yield bench
    bench.stop()


def play(bench: BridgeBench, histories: int, steps: int) -> None:
    machine = type("Machine", (History,), {"bench": bench})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    bound = settings(max_examples=histories, stateful_step_count=steps, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(machine, settings=bound)  # type: ignore[no-untyped-call]  # Hypothesis gives it no types


def test_whatever_happens_no_harm_is_done_and_in_the_end_they_agree_or_a_person_knows(bench: BridgeBench) -> None:
    play(bench, histories=45, steps=8)


@pytest.mark.slow  # minutes
@pytest.mark.timeout(600)
def test_the_same_over_many_long_histories(bench: BridgeBench) -> None:
    play(bench, histories=150, steps=20)
