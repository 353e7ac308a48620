"""What QA's command says and writes, whatever happened on the stage."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from regtest.chain import Chain
from regtest.errors import RegtestError
from regtest.scenarios.all import named, scenarios
from regtest.scenarios.catalogue import Need, Scenario
from regtest.scenarios.junit import write_junit
from regtest.scenarios.keys import read_api_key
from regtest.scenarios.playing import InvoiceTold, Outcome, Result, Theatre, play, play_all
from regtest.scenarios.report import write_html
from regtest.scenarios.server import PaymentSeen, Server, Standing
from regtest.scenarios.shops import OrderSeen
from regtest.scenarios.stage import Stage, Unexpected

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

    told: list[Result] = []
    results = play_all(theatre(), [acted(surprised), SCENARIO], told.append)
    assert results == told
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.PASSED]
    assert results[0].reason == "the order is failed"
    assert results[0].done == [(AT, "as it should be: one is one")]


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
