"""A bench for the bridge: a shop in memory that obeys as WooCommerce does, and an installation to keep in step."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.bridge_ledger import BridgeLedger
from app.db.models import BridgeAct, Delivery, Invoice, Mismatch, Payment, Prompt, Shop, WatchedOrder
from app.db.queries import reading
from app.db.session import assessing_change, change
from app.domain.events import Event, EventType
from app.domain.exact_json import dumps
from app.domain.ids import new_id
from app.domain.shop_notes import Note
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.shop_stock import Stock
from app.usecases.refresh_invoice import record_event
from app.usecases.watch_order import watch_order
from tests.integration.delivery_bench import bare_invoice
from tests.integration.webhook_bench import WebhookBench
from woo_bridge.decide import decide
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.ports import Desk, Orders, Report

PAID_STATUSES = ("processing", "completed")
SATS = 20_000


@dataclass(frozen=True)
class Page:
    orders: Sequence[ShopOrder]
    has_more: bool
    told_at: datetime | None = None


@dataclass
class MemoryShop:
    """Orders that obey a PUT as the recordings say; `accidents` are raised by the calls they are named for, in turn.

    An accident named `after put` happens when the change was made.
    """

    now: Callable[[], datetime]
    held: dict[int, ShopOrder] = field(default_factory=dict)
    written: dict[int, list[Note]] = field(default_factory=dict)
    accidents: dict[str, list[BaseException]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    puts: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    deaf: bool = False  # takes a PUT and does nothing

    def answer_by(self, call: str, answer: Callable[..., Any]) -> None:
        """From now on a call of this name is answered by something else, which may ask the usual one."""
        setattr(self, call, answer)

    def add(self, order_id: int, **changed: Any) -> ShopOrder:
        at = self.now().replace(microsecond=0)
        order = ShopOrder(
            id=order_id,
            number=str(order_id),
            status="pending",
            total=Decimal("12.34"),
            currency="EUR",
            order_key=f"wc_order_{order_id}",
            payment_method="btcpaygf_default",
            transaction_id="",
            needs_payment=True,
            needs_processing=True,
            date_paid=None,
            date_modified=at,
            created_via="store-api",
        )
        self.held[order_id] = replace(order, **changed)
        return self.held[order_id]

    def become(self, order_id: int, **changed: Any) -> None:
        """Something happens to the order in the shop."""
        moved = {"date_modified": self.now().replace(microsecond=0), **changed}
        if "status" in moved:
            moved["needs_payment"] = moved["status"] in ("pending", "failed", "checkout-draft")
        self.held[order_id] = replace(self.held[order_id], **moved)

    def person_notes(self, order_id: int, text: str, author: str = "Ann") -> None:
        notes = self.written.setdefault(order_id, [])
        notes.append(Note(len(notes) + 1 + order_id * 1000, self.now(), author, text, customer_note=False))

    def texts(self, order_id: int) -> list[str]:
        return [note.text for note in self.written.get(order_id, []) if note.author == "WooCommerce"]

    def order(self, order_id: int) -> ShopOrder | OrderGone:
        self._call("get")
        return self.held.get(order_id) or OrderGone(order_id)

    def orders(self, ids: Iterable[int]) -> list[ShopOrder]:
        self._call("list")
        return [self.held[each] for each in ids if each in self.held and self.held[each].status != "trash"]

    def orders_modified_after(self, moment: datetime, beyond: int = 0, most: int = 100) -> Page:
        self._call("poll")
        second = moment.replace(microsecond=0)
        found = sorted(
            (order for order in self.held.values() if order.date_modified > second and order.status != "trash"),
            key=lambda order: (order.date_modified, order.id),
        )
        return Page(found[beyond : beyond + most], len(found) > beyond + most, self.now())

    def notes(self, order_id: int) -> list[Note]:
        self._call("notes")
        return list(self.written.get(order_id, []))

    def stocks(self, product_ids: Iterable[int]) -> list[Stock]:
        self._call("stock")
        return [Stock(product, None, sells_on=False) for product in product_ids]

    def put_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        self._call("put")
        return self._written(order_id, body)

    def _written(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        if order_id not in self.held:
            return OrderGone(order_id)
        self.puts.append((order_id, body))
        if not self.deaf:
            self._obey(order_id, body)
        self._call("after put")
        return self.held[order_id]

    def post_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        self._call("post")
        return self._written(order_id, body)

    def add_note(self, order_id: int, text: str) -> int:
        self._call("note")
        self.person_notes(order_id, text, "WooCommerce")
        self._call("after note")
        return self.written[order_id][-1].id

    def _obey(self, order_id: int, body: dict[str, Any]) -> None:
        order, changed = self.held[order_id], dict(body)
        status = changed.get("status")
        if changed.pop("set_paid", False) and order.needs_payment and status is None:
            status = "processing" if order.needs_processing else "completed"
            changed["date_paid"] = self.now()
        elif status in PAID_STATUSES and order.date_paid is None and (order.needs_processing or status == "completed"):
            changed["date_paid"] = self.now()
        if status is not None:
            changed["status"] = status
        self.become(order_id, **changed)

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        if self.accidents.get(name):
            raise self.accidents[name].pop(0)


def trouble(kind: TroubleKind) -> ShopTrouble:
    return ShopTrouble(kind, f"the shop: {kind.value}", "wait")


class BridgeBench(WebhookBench):
    """WebhookBench whose store is connected to a shop in memory, at the address `told` that takes webhooks."""

    def connect(self, told: str = "https://shop.example") -> MemoryShop:
        self.shop = MemoryShop(self.clock.now)
        self.orders: Orders = self.shop
        self.reports: list[Report] = []
        at = {"home_url": told, "root_url": f"{told}/wp-json/", "named_root_url": f"{told}/wp-json/", "auth": "basic"}
        rest = {"plain_permalinks": False, "sealed_key": "", "key_ending": "", "name": "a shop"}
        with self.app.app_context(), change() as session:
            session.add(Shop(store_id="store", connected_at=self.clock.now(), on_hold_at_sight=True, **at, **rest))
        return self.shop

    def ledger(self, who: str = "worker") -> BridgeLedger:
        return BridgeLedger("store", who, self.clock.now, self.pool.wake)

    def desk(self, who: str = "worker", *, dry: bool = False) -> Desk:
        """To be asked for inside an application context."""
        ledger = self.ledger(who)
        terms = ledger.terms()
        assert terms is not None
        return Desk(self.orders, ledger, decide, terms, self.clock.now, dry, self.reports.append)

    def invoice(self, order_id: int, *, key: str | None = None, sats: int = SATS) -> str:
        """A new invoice for an order, whose order is watched. It asks for `sats`."""
        now = self.clock.now()
        row = bare_invoice(new_id(), now)
        row.price, row.order_id = Decimal("12.34"), str(order_id)
        row.expires_at, row.monitoring_ends_at = now + timedelta(minutes=15), now + timedelta(days=1)
        told = {"WooCommerce": {"Order ID": order_id, "Order Number": str(order_id), "Plugin Version": "2.8.0"}}
        row.metadata_ = {"orderId": str(order_id), "posData": dumps(told)}
        row.redirect_url = f"https://shop.example/received/?key={key or f'wc_order_{order_id}'}"
        script = new_id().encode()
        row.prompts = [
            Prompt(
                payment_method="BTC-CHAIN",
                destination=new_id(),
                rate=row.price / sats * 100_000_000,
                rate_source="fixed",
                rate_at=now,
                network="regtest",
                script_pubkey=script,
            )
        ]
        with self.app.app_context(), change() as session:
            watch_order(session, row, now)
            session.add(row)
            session.flush()
            return row.id

    def place(self, order_id: int, **changed: Any) -> str:
        """An order and its invoice, as V2 leaves them."""
        invoice_id = self.invoice(order_id)
        self.shop.add(order_id, plugin_invoice_id=invoice_id, **changed)
        return invoice_id

    def pay(self, invoice_id: str, to: str = "Settled", additional: str = "None", *, sats: int = SATS) -> None:
        """Money comes, and the invoice is where that leads; its events happen."""
        now = self.clock.now()
        settled = to == "Settled"
        with self.app.app_context(), assessing_change() as session:
            row = session.get_one(Invoice, invoice_id)
            row.status, row.additional_status = to, additional
            session.add(
                Payment(
                    network="regtest",
                    txid=(new_id() * 3).encode().hex()[:64],
                    vout=0,
                    prompt_id=row.prompts[0].id,
                    invoice_id=row.id,
                    value_sats=sats,
                    recorded_at=now,
                    paid_at=now,
                    height=100,
                    status="Settled" if settled else "Processing",
                    settled_at=now if settled else None,
                )
            )
            session.flush()
            for kind in [EventType.PAID_IN_FULL, *([EventType.CONFIRMED] if settled else [])]:
                record_event(session, row, Event(kind), now)
        self.pool.wake()

    def settle(self, invoice_id: str) -> None:
        """Its money is buried."""
        now = self.clock.now()
        with self.app.app_context(), assessing_change() as session:
            row = session.get_one(Invoice, invoice_id)
            row.status = "Settled"
            for payment in row.payments:
                payment.status, payment.settled_at = "Settled", now
            record_event(session, row, Event(EventType.CONFIRMED), now)

    def pass_over(self, run: Callable[[Desk], Any], who: str = "worker", *, dry: bool = False) -> Any:
        with self.app.app_context():
            return run(self.desk(who, dry=dry))

    def watch(self, order_id: int) -> WatchedOrder:
        with self.app.app_context():
            return reading().scalars(select(WatchedOrder).where(WatchedOrder.order_id == order_id)).one()

    def mismatches(self) -> list[tuple[str, bool]]:
        """(kind, is open) of all there are, oldest first."""
        with self.app.app_context():
            rows = reading().scalars(select(Mismatch).order_by(Mismatch.id))
            return [(row.kind, row.resolved_at is None) for row in rows]

    def acts(self) -> list[tuple[str, str]]:
        """(kind, outcome) of what was done, in that order."""
        with self.app.app_context():
            rows = reading().scalars(select(BridgeAct).order_by(BridgeAct.id))
            return [(row.act, row.outcome) for row in rows]

    def owed(self, invoice_id: str) -> list[tuple[str, str]]:
        """(state, reason) of an invoice's deliveries."""
        with self.app.app_context():
            rows = reading().scalars(select(Delivery).where(Delivery.invoice_id == invoice_id).order_by(Delivery.id))
            return [(row.state, row.reason or "") for row in rows]

    @staticmethod
    def price(amount: float) -> Decimal:
        return Decimal(str(amount))

    def desk_invoice(self, order_id: int) -> str:
        """The id of the order's only invoice."""
        with self.app.app_context():
            wanted = select(Invoice.id).where(Invoice.order_id == str(order_id))
            return reading().scalars(wanted).one()

    def stored(self, invoice_id: str) -> tuple[str, str]:
        with self.app.app_context():
            row = reading().get_one(Invoice, invoice_id)
            return row.status, row.additional_status
