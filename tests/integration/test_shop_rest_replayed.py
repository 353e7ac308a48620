"""What a real WooCommerce was recorded doing step by step, done again by the stand-in shop: whole stories."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from woo_bench import WooBench, exchange, header_names, recorded, shape, woo_bench

MUG, EBOOK = 12, 16
SAME = (
    "status",
    "currency",
    "total",
    "payment_method",
    "payment_method_title",
    "transaction_id",
    "created_via",
    "needs_payment",
    "needs_processing",
    "is_editable",
    "note",
    "author",
    "customer_note",
    "amount",
    "reason",
    "refunded_payment",
    "topic",
    "resource",
    "event",
    "hooks",
    "delivery_url",
    "code",
    "message",
)
"""Of these the values are those recorded, of everything else the shape is."""


@pytest.fixture
def woo(tmp_path: Path) -> Iterator[WooBench]:
    with woo_bench(tmp_path) as bench:
        yield bench


class Story:
    """Recorded exchanges in a shop of our own. `ids`: theirs to ours."""

    def __init__(self, woo: WooBench, **ids: int) -> None:
        self.woo = woo
        self.ids = {int(theirs.removeprefix("_")): ours for theirs, ours in ids.items()}

    def tell(self, name: str, label: str, *different: str) -> Any:
        """Ask what was asked, and compare status, headers, shape and values; but for the values of `different`."""
        one = exchange(name, label)
        asked, theirs = one["request"], one["response"]
        path = re.sub(
            r"\d+", lambda found: str(self.ids.get(int(found[0]), found[0])), asked["path"].partition("v3/")[2]
        )
        answer = self.woo.call(asked["method"], path, self._ours(asked["body"]))
        assert answer.status_code == theirs["status"], (label, answer.text)
        assert header_names(answer.headers.items()) == header_names(theirs["headers"]), label
        self._compare(answer.json, theirs["body"], [name for name in SAME if name not in different], label)
        return answer.json

    def _ours(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {
                name: self.ids.get(value, value) if name == "id" else self._ours(value) for name, value in body.items()
            }
        return [self._ours(each) for each in body] if isinstance(body, list) else body

    def _compare(self, ours: Any, theirs: Any, same: list[str], label: str) -> None:
        if isinstance(theirs, dict) and theirs.keys() == {"update"}:
            assert ours.keys() == {"update"}, label
            ours, theirs = ours["update"], theirs["update"]
        if isinstance(theirs, list):
            assert len(ours) == len(theirs), label
            for our, their in zip(ours, theirs, strict=True):
                self._compare(our, their, same, label)
            return
        kept = [name for name in ours if name in theirs]
        assert kept == list(theirs) or set(kept) == set(theirs) == {"id", "error"}, label
        assert shape({name: ours[name] for name in kept}) == shape(theirs), label
        assert {name: ours[name] for name in same if name in theirs} == {
            name: theirs[name] for name in same if name in theirs
        }, label
        if isinstance(theirs.get("id"), int):
            assert ours["id"] == self.ids.setdefault(theirs["id"], ours["id"]), label


def made(woo: WooBench, product: int = MUG, status: str = "pending") -> int:
    """An order made over REST, as the recorded ones were."""
    asked = {"payment_method": "btcpaygf_default", "payment_method_title": "Bitcoin", "status": status}
    answer = woo.call("POST", "orders", {**asked, "line_items": [{"product_id": product, "quantity": 1}]})
    assert answer.status_code == 201
    return int(answer.json["id"])


def test_an_order_is_written_to_step_by_step(woo: WooBench) -> None:
    story = Story(woo)
    steps = [one["label"] for one in recorded("orders_put")]
    assert len(steps) == 12
    before = {103: (MUG, "pending"), 104: (EBOOK, "pending"), 105: (EBOOK, "on-hold"), 106: (EBOOK, "on-hold")}
    for theirs, (product, status) in {**before, 107: (MUG, "cancelled")}.items():
        story.ids[theirs] = made(woo, product, status)
    for step in steps:
        if step == "notes after that":
            continue
        story.tell("orders_put", step)
    theirs = [note["note"].replace("Test Mug", "Mug") for note in exchange("orders_put", "notes")["response"]["body"]]
    ours = [note["note"] for note in woo.get(f"orders/{story.ids[102]}/notes")]
    assert sorted(map(stockless, ours)) == sorted(map(stockless, theirs))


def stockless(note: str) -> str:
    """A note without how many there are."""
    return re.sub(r"\(.*\)", "", note)


def test_notes_are_written(woo: WooBench) -> None:
    story = Story(woo, _358=made(woo))
    for label in ("private note", "customer note", "empty note"):
        story.tell("orders_misc", label)


def test_a_batch_tells_each_order_by_itself(woo: WooBench) -> None:
    story = Story(woo, _360=made(woo), _361=made(woo), _362=made(woo))
    told = story.tell("orders_misc", "batch update")
    assert told["update"][1] == exchange("orders_misc", "batch update")["response"]["body"]["update"][1]
    too_many = exchange("orders_misc", "batch >100")["response"]
    answer = woo.call("POST", "orders/batch", {"update": [{"id": story.ids[360]}] * 101})
    assert (answer.status_code, answer.json) == (413, too_many["body"])
    assert header_names(answer.headers.items()) == header_names(too_many["headers"])


def test_refunds_are_written_down_and_refused(woo: WooBench) -> None:
    story = Story(woo, _363=made(woo, status="processing"))
    story.tell("orders_misc", "partial refund")
    story.tell("orders_misc", "order after partial refund", "transaction_id")
    story.tell("orders_misc", "refund by gateway", "message")
    story.tell("orders_misc", "too much")
    woo.call("POST", f"orders/{story.ids[363]}/refunds", {"amount": "10.00", "api_refund": False})
    story.tell("orders_misc", "order after full refund")


def test_an_order_goes_to_the_trash_comes_back_and_is_deleted(woo: WooBench) -> None:
    story = Story(woo, _367=made(woo), _368=made(woo))
    trashed = f"orders/{story.ids[368]}"
    assert woo.call("DELETE", trashed).status_code == 200
    for label in (
        "GET trashed",
        "list include trashed",
        "list include trashed status=trash",
        "list any,trash",
        "DELETE again",
        "PUT processing on a trashed order",
    ):
        story.tell("orders_misc", label)
    assert woo.call("DELETE", f"{trashed}?force=true").status_code == 200
    for label in ("GET deleted", "PUT deleted", "notes of deleted", "GET a product id"):
        story.tell("orders_misc", label)


def test_webhooks_are_made_and_refused(woo: WooBench) -> None:
    story = Story(woo)
    labels = [one["label"] for one in recorded("webhooks") if one["label"].startswith("create")]
    assert len(labels) == 8
    for label in labels:
        story.tell("webhooks", label)
    named = [each["name"] for each in woo.get("webhooks")]
    assert named[-1] == "bridge"
    assert all(re.fullmatch(r"Webhook created on \w{3} \d\d, \d{4} @ \d\d:\d\d [AP]M", name) for name in named[:-1])


@pytest.mark.parametrize("label", ["unknown route", "wrong method", "digits of the number used as id"])
def test_what_is_not_there_is_told_as_recorded(woo: WooBench, label: str) -> None:
    Story(woo).tell("failures", label)


def test_an_order_that_the_job_for_held_stock_cancelled_looks_as_recorded(woo: WooBench) -> None:
    woo.till.options.change({"hold_stock_minutes": "60"})
    order = woo.place(created_via="store-api")
    woo.orders.set_meta(order.id, {"BTCPay_id": "an invoice", "BTCPay_redirect": "http://127.0.0.1/i/x"})
    woo.deed(order, "age", minutes=90)
    assert woo.control("/api/woo/hold-stock")["cancelled"] == [order.id]
    Story(woo, _372=order.id).tell("hold_stock", "order cancelled by hold stock")
