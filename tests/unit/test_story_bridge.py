"""The shop's order in the story: what was done to it, what a person settled, and that both sides agree."""

from dataclasses import replace

import pytest

from app.domain.bridge_times import ActKind, Outcome
from app.domain.events import EventType
from app.domain.mismatch import MismatchKind
from app.domain.story import tell
from app.domain.story.facts import Bridged, Disagreed, StoryFacts
from app.domain.story.public import for_buyers, words_key
from app.domain.story.steps import Fact, Key, State, Step
from app.domain.story.words import WORDS
from tests.unit.story_facts import minutes, owed, paid_facts, some_facts, tried

BLOCKED = (owed(EventType.CONFIRMED, 25, tried(25.1, 403), state="superseded"),)


def steps(facts: StoryFacts, key: Key) -> list[Step]:
    return [step for step in tell(facts) if step.key is key]


def did(act: ActKind, key: str, outcome: Outcome = Outcome.DONE, after: float = 28) -> Bridged:
    return Bridged(act.value, key, minutes(after), outcome.value)


@pytest.mark.parametrize(
    ("act", "told", "state"),
    [
        (did(ActKind.WRITE, "set_paid"), "paid", State.DONE),
        (did(ActKind.WRITE, "processing"), "paid", State.DONE),
        (did(ActKind.WRITE, "on-hold"), "held", State.DONE),
        (did(ActKind.WRITE, "cancelled"), "cancelled", State.DONE),
        (did(ActKind.WRITE, "set_paid", Outcome.INTENDED), "writing", State.NOW),
        (did(ActKind.WRITE, "set_paid", Outcome.REFUSED), "refused", State.TROUBLE),
        (did(ActKind.WRITE, "set_paid", Outcome.NOTHING), "refused", State.TROUBLE),
        (did(ActKind.NUDGE, "nudge"), "told_again", State.DONE),
        (did(ActKind.CLOSE, "close"), "closed", State.DONE),
    ],
)
def test_each_thing_done_to_the_order_is_told(act: Bridged, told: str, state: State) -> None:
    (step,) = steps(some_facts(bridged=(act,)), Key.BRIDGED)
    assert (step.variant, step.state) == (told, state)


@pytest.mark.parametrize(
    "act",
    [
        did(ActKind.NOTE, "paid"),
        did(ActKind.SUPERSEDE, "supersede"),
        did(ActKind.WRITE, "set_paid", Outcome.UNSENT),
        did(ActKind.NUDGE, "nudge", Outcome.NOTHING),
    ],
)
def test_what_changed_nothing_by_itself_is_left_out(act: Bridged) -> None:
    assert steps(some_facts(bridged=(act,)), Key.BRIDGED) == []


def test_an_order_that_was_set_to_paid_by_us_is_ready_to_ship_although_the_shop_was_never_told() -> None:
    (stuck,) = steps(paid_facts(deliveries=BLOCKED), Key.SHIP)
    assert (stuck.variant, stuck.state) == ("unknown", State.TROUBLE)
    written = paid_facts(deliveries=BLOCKED, bridged=(did(ActKind.WRITE, "set_paid"),))
    (ship,) = steps(written, Key.SHIP)
    assert (ship.variant, ship.state, ship.at) == ("bridged", State.DONE, minutes(28))


def test_nobody_is_told_to_pack_an_order_that_does_not_agree() -> None:
    found = Disagreed(MismatchKind.GATEWAY.value, minutes(28))
    heard = (owed(EventType.CONFIRMED, 25, tried(25.1, 200), state="delivered"),)
    (ship,) = steps(paid_facts(deliveries=heard, mismatches=(found,)), Key.SHIP)
    assert (ship.variant, ship.state) == ("disagrees", State.TROUBLE)
    assert "Do not pack it" in str(WORDS[words_key(ship)])
    (ship,) = steps(paid_facts(deliveries=heard, mismatches=(replace(found, resolved_at=minutes(29)),)), Key.SHIP)
    assert ship.variant == "done"
    lost = Disagreed(MismatchKind.LOST_PAYMENT.value, minutes(28))
    assert steps(paid_facts(deliveries=heard, mismatches=(found, lost)), Key.SHIP)[0].variant == "taken_back"
    silent = Disagreed(MismatchKind.NO_ANSWER.value, minutes(28))
    assert steps(paid_facts(deliveries=heard, mismatches=(silent,)), Key.SHIP)[0].variant == "done"
    booked = Disagreed(MismatchKind.PAID_DRAFT.value, minutes(28))
    written = paid_facts(deliveries=BLOCKED, bridged=(did(ActKind.WRITE, "set_paid"),), mismatches=(booked,))
    assert steps(written, Key.SHIP)[0].variant == "bridged"


def test_a_mismatch_is_trouble_until_somebody_has_seen_to_it() -> None:
    found = Disagreed(MismatchKind.AMOUNT.value, minutes(28))
    (step,) = steps(paid_facts(mismatches=(found,)), Key.MISMATCH)
    assert (step.variant, step.state, step.at) == ("open", State.TROUBLE, minutes(28))
    assert "The amounts differ" in WORDS[words_key(step)].first % step.values
    ended = Disagreed(found.kind, found.opened_at, minutes(29), "ann@shop.example", "leave", "as agreed")
    (step,) = steps(paid_facts(mismatches=(ended,), deliveries=BLOCKED), Key.MISMATCH)
    assert (step.variant, step.at) == ("seen_to", minutes(29))
    assert (Fact.REASON, "as agreed") in step.facts
    assert steps(paid_facts(mismatches=(ended,), deliveries=BLOCKED), Key.SHIP)[0].variant == "seen_to"
    alone = Disagreed(found.kind, found.opened_at, minutes(29))
    assert steps(paid_facts(mismatches=(alone,)), Key.MISMATCH)[0].variant == "agreed"


def test_that_both_sides_agree_is_the_last_word() -> None:
    assert words_key(tell(paid_facts(agreed_at=minutes(29)))[-1]) == "bridged.agrees"


def test_buyers_read_of_a_closed_invoice_and_of_nothing_else_here() -> None:
    acts = (did(ActKind.CLOSE, "close"), did(ActKind.WRITE, "set_paid"))
    matters = (Disagreed(MismatchKind.LATE.value, minutes(28)),)
    keys = [words_key(step) for step in for_buyers(tell(some_facts(bridged=acts, mismatches=matters)))]
    assert [key for key in keys if key.startswith(("bridged", "mismatch"))] == ["bridged.closed"]
