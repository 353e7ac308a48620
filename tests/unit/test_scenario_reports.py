"""What QA's command says and writes, whatever happened on the stage."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from regtest.chain import Chain
from regtest.errors import RegtestError
from regtest.scenarios.all import named, scenarios
from regtest.scenarios.bridging import SET_TO_PAID, once_noted
from regtest.scenarios.catalogue import Need, Scenario
from regtest.scenarios.junit import write_junit
from regtest.scenarios.keys import read_api_key
from regtest.scenarios.playing import InvoiceTold, Outcome, Result, Theatre, play, play_all
from regtest.scenarios.report import write_html
from regtest.scenarios.server import PaymentSeen, Server, Standing
from regtest.scenarios.shops import OrderSeen, StandIn
from regtest.scenarios.stage import Played, Stage, Unexpected
from regtest.scenarios.woo import WooKey, WooRest, WooShop
from regtest.state import PROJECT_ROOT
from regtest.storefront import Storefront

AT = datetime(2026, 7, 1, 12, 30, 5, tzinfo=UTC)
STEP = {"state": "trouble", "at": AT.isoformat(), "title": "The <shop> was told", "text": ["It said & no."]}
INVOICE = InvoiceTold(
    invoice_id="Abc123",
    order_id="17",
    page="http://server/admin/invoices/Abc123/story",
    standing="Expired (PaidLate)",
    price="10.00 EUR",
    payments=[PaymentSeen("ff" * 32, 20_000, "Settled")],
    order=OrderSeen("failed", ["A note with \x0b in it"]),
    story=[STEP, {**STEP, "at": None, "state": "waiting"}],
)
SCENARIO = Scenario("some-accident", "Something happens.", frozenset(), lambda stage: None)
RESULTS = [
    Result(SCENARIO, Outcome.PASSED, "", 1.25, [(AT, "paid")], [INVOICE]),
    Result(SCENARIO, Outcome.FAILED, "the order should be paid & is <failed>", 2, [(AT, "waited")], [], ["no story"]),
    Result(SCENARIO, Outcome.LEFT_OUT, Need.SHOP.value),
]


class SilentServer(Server):
    """Makes invoices and then does not answer."""

    def __init__(self) -> None:
        super().__init__("http://server", "key")

    def create_invoice(self, price: str, currency: str) -> str:
        return "Abc123"

    def standing(self, invoice_id: str) -> Standing:
        return Standing("New", "PaidPartial")

    def invoice(self, invoice_id: str) -> dict[str, Any]:
        raise RegtestError("the server does not answer")


class NoChain:
    """A chain that knows the time."""

    class clock:  # noqa: N801
        @staticmethod
        def now() -> datetime:
            return AT


def theatre(**facts: Any) -> Theatre:
    return Theatre(SilentServer(), cast("Chain", NoChain()), patience_seconds=0.01, **facts)


def acted(act: Callable[[Stage], None], *needs: Need) -> Scenario:
    return Scenario("acted", "It acts.", frozenset(needs), act)


def test_junit_counts_and_names_every_scenario(tmp_path: Path) -> None:
    write_junit(RESULTS, tmp_path / "r.xml")
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "3", "failures": "1", "errors": "0", "skipped": "1", "time": "3.250"}
    passed, failed, left_out = suite
    assert [child.tag for child in passed] == ["system-out"]
    assert failed[0].get("message") == RESULTS[1].reason
    assert left_out[0].tag == "skipped"


def test_junit_holds_steps_stories_and_notes_and_nothing_that_is_no_xml(tmp_path: Path) -> None:
    write_junit(RESULTS, tmp_path / "r.xml")
    said = ElementTree.parse(tmp_path / "r.xml").getroot()[0][0][0].text or ""
    assert "12:30:05 paid" in said
    assert "invoice Abc123 over 10.00 EUR is Expired (PaidLate), order 17 is failed" in said
    assert "[trouble] The <shop> was told" in said
    assert "A note with \ufffd in it" in said


def test_the_page_shows_everything_escaped_and_loads_nothing(tmp_path: Path) -> None:
    write_html(RESULTS, theatre(), AT, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for text in ("1 passed", "1 failed", "1 left out", "The &lt;shop&gt; was told", "is &lt;failed&gt;", "2026-07-01"):
        assert text in page
    for text in ("20,000 sats", "Look here", "order 17: failed", "no story", "http://server/admin/invoices/Abc123"):
        assert text in page
    assert not any(word in page for word in ("<script", "<link", "src=", "@import"))


def test_what_a_place_lacks_is_left_out_with_the_reason() -> None:
    def never(stage: Stage) -> None:
        raise AssertionError

    for need, value in ((Need.TIME, "time"), (Need.SHOP, "--shop"), (Need.STAND_IN, "stand-in"), (Need.BRIDGE, "REST")):
        result = play(theatre(), acted(never, need))
        assert result.outcome is Outcome.LEFT_OUT
        assert value in result.reason


def test_a_scenario_that_sees_something_else_fails_and_those_after_it_are_played() -> None:
    def surprised(stage: Stage) -> None:
        stage.expect(True, "one is one")
        raise Unexpected("the order is failed")

    results = list(play_all(theatre(), [acted(surprised), SCENARIO]))
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.PASSED]
    assert results[0].reason == "the order is failed"
    assert results[0].done == [(AT, "as it should be: one is one")]


def test_what_nobody_foresaw_is_a_failure_with_its_kind_and_place_and_the_next_one_is_played() -> None:
    def broken(stage: Stage) -> None:
        stage.note("so far so good")
        {}["network"]

    first, second = play_all(theatre(), [acted(broken), SCENARIO])
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.PASSED)
    assert first.reason.startswith(f"KeyError: 'network' (in {__file__}, line ")
    assert first.done == [(AT, "so far so good")]


def test_with_a_real_shop_time_is_left_alone() -> None:
    real = WooShop(WooRest("http://shop", WooKey("ck_a", "cs_b")), "greenfield")
    place = theatre(shop=real, may_move_time=True, is_bridged=True)
    left_out = {each.name: place.lacks(each) for each in scenarios() if place.lacks(each)}
    assert left_out["paid-late"] is Need.SHOPS_TIME
    assert left_out["shop-down"] is Need.STAND_IN
    assert {each.name for each in scenarios() if Need.TIME in each.needs} == set(left_out)
    page = (PROJECT_ROOT / "docs" / "store.md").read_text("utf-8").partition("Scenarios that move time")[2]
    named_there = re.findall(r"\*([a-z-]+)\*", page.partition(". WordPress")[0])
    assert named_there == [name for name, need in left_out.items() if need is Need.SHOPS_TIME]
    with_stand_in = theatre(shop=NotedShop([]), may_move_time=True, is_bridged=True)
    assert [each.name for each in scenarios() if with_stand_in.lacks(each)] == []


class NotedShop(StandIn):
    """A stand-in whose orders bear these notes; its job for held stock breaks."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__(Storefront("http://shop"))
        self.notes = notes
        self.options: list[object] = []
        self.storefront = cast("Storefront", self)

    def look(self, order_id: str) -> OrderSeen:
        return OrderSeen("processing", self.notes)

    def woo(self, **options: object) -> dict[str, Any]:
        self.options += options.values()
        return {"options": {"hold_stock_minutes": ""}}

    def deed(self, order_id: str, name: str, **asked: object) -> None:
        pass

    def run_hold_stock(self) -> list[int]:
        raise RegtestError("the job is broken")


def noted(*notes: str) -> str:
    """Why a scenario that promises one note fails with these; empty when it passes."""
    acting = acted(lambda stage: once_noted(Played(stage, "Abc123", "17"), SET_TO_PAID))
    return play(theatre(shop=NotedShop(list(notes))), acting).reason


def test_what_is_promised_to_be_noted_once_is_there_exactly_once() -> None:
    paid, held = "Sattle: invoice Abc123 is settled, so Sattle set it to paid.", "Sattle: the payment was seen."
    assert noted(held, paid) == ""
    for notes, said in (((), "(0 do)"), ((held, "Order set it to paid."), "(0 do)"), ((paid, paid + " "), "(2 do)")):
        assert said in noted(*notes)
    assert "stands once" in noted(held, paid, held)


def test_the_shop_holds_stock_as_before_even_when_the_job_fails() -> None:
    shop = NotedShop([])
    result = play(theatre(shop=shop), acted(lambda stage: stage.hold_stock(Played(stage, "Abc123", "17"), minutes=60)))
    assert (result.reason, shop.options) == ("the job is broken", ["60", ""])


def test_what_never_comes_is_told_with_what_was_seen_instead() -> None:
    result = play(theatre(), acted(lambda stage: stage.order().wait("Settled", "Processing")))
    assert result.outcome is Outcome.FAILED
    assert result.reason == (
        "invoice Abc123: the invoice should be Settled or Processing, and is New (PaidPartial) after 0.01 s"
    )
    assert result.trouble == ["invoice Abc123: the server does not answer"], "and the report says what it lacks"


def test_every_scenario_has_a_sentence_and_is_found_by_its_name() -> None:
    assert len(scenarios()) >= 16
    for each in scenarios():
        assert named(each.name) is each
        assert each.says.endswith(".")
    with pytest.raises(RegtestError, match="no scenario 'nonsense'; there are: paid-in-full"):
        named("nonsense")


def test_a_key_is_the_only_word_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(RegtestError, match=r"--api-key .* cannot be read: No such file"):
        read_api_key(file)
    file.write_text("  abc\n")
    assert read_api_key(file) == "abc"
    file.write_text("token abc\n")
    with pytest.raises(RegtestError, match="it holds 2 words"):
        read_api_key(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(RegtestError, match="not plain text"):
        read_api_key(file)
