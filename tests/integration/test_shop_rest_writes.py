"""What a PUT does to an order of the stand-in shop is what a real WooCommerce was recorded doing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from woo_bench import WooBench, recorded, woo_bench

BODIES = {
    "processing": {"status": "processing"},
    "on-hold": {"status": "on-hold"},
    "completed": {"status": "completed"},
    "set_paid": {"set_paid": True, "transaction_id": "inv_abc"},
    "set_paid+processing": {"set_paid": True, "status": "processing", "transaction_id": "inv_abc"},
    "set_paid+on-hold": {"set_paid": True, "status": "on-hold"},
}
PRODUCTS = {"MUG": (12, "mug", "Mug", "Test Mug"), "EBOOK": (16, "ebook", "E-book", "Test Ebook")}


@pytest.fixture(scope="module")
def woo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WooBench]:
    with woo_bench(tmp_path_factory.mktemp("shop")) as bench:
        yield bench


@pytest.fixture
def own(tmp_path: Path) -> Iterator[WooBench]:
    with woo_bench(tmp_path) as bench:
        yield bench


@pytest.mark.parametrize("row", recorded("put_matrix"), ids=lambda row: f"{row['item']}-{row['from']}-{row['action']}")
def test_each_put_of_the_recorded_matrix_has_the_recorded_effect(woo: WooBench, row: dict[str, Any]) -> None:
    product_id, code, _, theirs = PRODUCTS[row["item"]]
    lines = [{"product_id": product_id, "quantity": 1}]
    made = woo.call(
        "POST", "orders", {"status": row["from"], "line_items": lines, "payment_method_title": "Bitcoin"}
    ).json
    before = Before(woo, made["id"], code)
    assert (made["date_paid_gmt"] is not None) == row["paid_before"]
    answer = woo.call("PUT", f"orders/{made['id']}", BODIES[row["action"]])
    after = dict(answer.json)
    assert answer.status_code == 200
    assert (after["status"], after["date_paid_gmt"] is not None) == (row["to"], row["date_paid"])
    assert (after["transaction_id"], after["needs_payment"]) == (row["tx"], row["needs_payment"])
    assert before.stock_since() == row["stock"]
    reduced = f"Stock levels reduced: {theirs}"
    ours = [reduced if text.startswith("Stock levels reduced") else text for text in before.notes_since()]
    assert ours == row["notes"]
    mailed = [note.split('"')[1] for note in row["notes"] if note.startswith("Email")]
    assert [mail["kind"] for mail in before.mails_since()] == mailed
    assert len(row["mails"]) == len(mailed)
    assert after == woo.get(f"orders/{made['id']}")


class Before:
    """How an order's surroundings stood."""

    def __init__(self, woo: WooBench, order_id: int, product: str) -> None:
        self.orders, self.id, self.product = woo.orders, order_id, product
        self.stock = self._in_stock()
        self.notes, self.mails = len(self.orders.all_notes(order_id)), len(self.orders.mails(order_id))

    def _in_stock(self) -> int:
        return self.orders.stock().get(self.product, 50)

    def stock_since(self) -> int:
        return self._in_stock() - self.stock

    def notes_since(self) -> list[str]:
        return [str(note["text"]) for note in self.orders.all_notes(self.id)[self.notes :]]

    def mails_since(self) -> list[dict[str, str]]:
        return self.orders.mails(self.id)[self.mails :]


def test_a_trashed_order_comes_back_silently_when_it_is_written_to(own: WooBench) -> None:
    order = own.place()
    assert own.call("DELETE", f"orders/{order.id}").json["status"] == "pending"
    trashed = own.get(f"orders/{order.id}")
    assert trashed["status"] == "trash"
    first = trashed["meta_data"][0]
    assert (first["key"], first["value"]) == ("_wp_trash_meta_status", "wc-pending")
    assert own.call("DELETE", f"orders/{order.id}").json["code"] == "woocommerce_rest_already_trashed"
    assert own.put(order, set_paid=True)["status"] == "trash"
    restored = own.put(order, status="processing")
    assert (restored["status"], restored["date_paid_gmt"] is not None) == ("processing", True)
    assert own.orders.mails(order.id) == []


def test_an_order_that_is_gone_is_gone_in_three_ways(own: WooBench) -> None:
    order = own.place()
    assert own.call("DELETE", f"orders/{order.id}?force=true").status_code == 200
    for method, path, status, code in (
        ("GET", f"orders/{order.id}", 404, "woocommerce_rest_shop_order_invalid_id"),
        ("PUT", f"orders/{order.id}", 400, "woocommerce_rest_shop_order_invalid_id"),
        ("GET", f"orders/{order.id}/notes", 404, "woocommerce_rest_shop_order_invalid_id"),
    ):
        answer = own.call(method, path, {"status": "pending"} if method == "PUT" else None)
        assert (answer.status_code, answer.json["code"]) == (status, code)
    noted = own.call("POST", f"orders/{order.id}/notes", {"note": "x"})
    assert (noted.status_code, noted.json["code"]) == (404, "woocommerce_rest_order_invalid_id")


def test_parallel_writes_of_a_slow_shop_do_everything_twice(own: WooBench) -> None:
    """There is no compare-and-set: each acts on the order as it read it."""
    order = own.place()
    read = own.orders.get(order.id)
    for _ in range(2):
        own.orders.carry_out(read, own.orders.change(read, "processing"))
    assert own.orders.stock()["mug"] == 48
    assert [mail["kind"] for mail in own.orders.mails(order.id)] == ["New order", "Processing order"] * 2


def test_an_empty_put_renews_the_lease_of_an_order_and_a_note_does_not(own: WooBench) -> None:
    own.till.options.change({"hold_stock_minutes": "60"})
    touched, noted, held, by_rest = (
        own.place(),
        own.place(),
        own.place(status="on-hold"),
        own.place(created_via="rest-api"),
    )
    for order in (touched, noted, held, by_rest):
        own.deed(order, "age", minutes=90)
    own.put(touched)
    own.call("POST", f"orders/{noted.id}/notes", {"note": "still here"})
    assert own.control("/api/woo/hold-stock")["cancelled"] == [noted.id]
    assert own.get(f"orders/{noted.id}")["status"] == "cancelled"
    by = [(note["author"], note["note"]) for note in own.get(f"orders/{noted.id}/notes")]
    assert ("WooCommerce", "Unpaid order cancelled - time limit reached.") in by


def test_a_full_refund_makes_an_order_refunded_and_leaves_its_total(own: WooBench) -> None:
    order = own.place(status="processing")
    made = own.call("POST", f"orders/{order.id}/refunds", {"amount": "2.34", "reason": "scratch", "api_refund": False})
    assert made.status_code == 201
    partly = own.get(f"orders/{order.id}")
    assert (partly["status"], partly["total"]) == ("processing", "12.34")
    assert partly["refunds"] == [{"id": made.json["id"], "reason": "scratch", "total": "-2.34", "total_tax": "0.00"}]
    too_much = own.call("POST", f"orders/{order.id}/refunds", {"amount": "99.00", "api_refund": False})
    assert (too_much.status_code, too_much.json["data"]) == (500, 500)
    own.deed(order, "refund")
    assert own.get(f"orders/{order.id}")["status"] == "refunded"
    assert own.put(order, status="processing")["status"] == "processing"


def test_meta_is_set_by_key_and_null_forgets_it(own: WooBench) -> None:
    order = own.place()
    own.put(order, meta_data=[{"key": "_bridge", "value": "one"}])
    two = own.put(order, meta_data=[{"key": "_bridge", "value": "two"}])
    assert [meta["value"] for meta in two["meta_data"]] == ["two"]
    assert own.put(order, meta_data=[{"key": "_bridge", "value": None}])["meta_data"] == []


def test_a_batch_never_fails_as_a_whole(own: WooBench) -> None:
    first, second = own.place(), own.place()
    update = [{"id": first.id, "status": "processing"}, {"id": 999999}, {"id": second.id, "status": "nonsense"}]
    done, missing, unchanged = own.call("POST", "orders/batch", {"update": update}).json["update"]
    assert done["status"] == "processing"
    assert missing["error"]["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert unchanged["status"] == "pending"
    assert own.call("POST", "orders/batch", {"update": [{"id": first.id}] * 101}).status_code == 413
    assert own.call("POST", "orders/batch?_fields=id", {"update": update}).json == {}


def test_a_restored_database_gives_out_its_ids_again(own: WooBench) -> None:
    own.place()
    own.control("/api/woo/backup")
    lost = own.place()
    own.control("/api/woo/restore")
    assert own.call("GET", f"orders/{lost.id}").status_code == 404
    again = own.place()
    assert again.id == lost.id
    assert again.key != lost.key
