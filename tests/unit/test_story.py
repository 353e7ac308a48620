"""The story of an invoice: what a merchant reads, what a buyer reads, and what holds for every one."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from app.domain.chain import Tip
from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, SpeedPolicy, Status
from app.domain.story import tell
from app.domain.story.developer import BEHIND
from app.domain.story.facts import StoryFacts
from app.domain.story.public import VALUES, for_buyers, words_key
from app.domain.story.recording import as_json, from_json
from app.domain.story.steps import OVER, ROAD, WAYS, Key, State, Step
from app.domain.story.words import WORDS
from app.domain.story.words_buyer import BUYER_WORDS
from tests.unit.facts import START
from tests.unit.story_facts import (
    SECRET,
    any_facts,
    happened,
    minutes,
    owed,
    paid_facts,
    seen,
    some_facts,
    tried,
)

MANY = settings(max_examples=300, deadline=None)


def step_of(facts: StoryFacts, key: Key) -> Step:
    (found,) = [step for step in tell(facts) if step.key is key]
    return found


def keys_of(facts: StoryFacts, *states: State) -> list[str]:
    return [step.key.value for step in tell(facts) if step.state in states]


def read(step: Step) -> str:
    return " ".join(text % step.values for text in WORDS[words_key(step)])


# what holds for every invoice


@MANY
@given(any_facts())
def test_any_invoice_has_a_story_in_which_every_step_has_words(facts: StoryFacts) -> None:
    steps = tell(facts)
    for step in steps:
        assert read(step)
    for key in ROAD:
        assert len([step for step in steps if step.key is key]) == 1, key
    for step in for_buyers(steps):
        assert [text % step.values for text in BUYER_WORDS[words_key(step)]]
        assert step.state is not State.SKIPPED, "which has no words that are translated"


@MANY
@given(any_facts())
def test_times_do_not_run_backwards_among_what_is_done(facts: StoryFacts) -> None:
    steps = tell(facts)
    done = [step for step in steps if step.state is State.DONE]
    times = [step.at for step in done]
    assert None not in times
    assert times == sorted(times)  # type: ignore[type-var]


@MANY
@given(any_facts())
def test_what_is_over_and_dated_comes_before_what_is_ahead(facts: StoryFacts) -> None:
    ahead = [step.at is None or step.state not in OVER for step in tell(facts)]
    assert ahead == sorted(ahead)


@MANY
@given(any_facts())
def test_nothing_that_buyers_may_not_read_is_in_the_public_story(facts: StoryFacts) -> None:
    for step in for_buyers(tell(facts)):
        told = [
            *(text % step.values for text in BUYER_WORDS[words_key(step)]),
            *step.values.values(),
            *step.facts,
            *step.raw,
        ]
        assert SECRET not in json.dumps(told)


@MANY
@given(any_facts())
def test_a_recording_tells_the_same_story(facts: StoryFacts) -> None:
    again = from_json(json.loads(json.dumps(as_json(facts))))
    assert again == facts
    assert tell(again) == tell(facts)


def test_every_step_has_a_way_and_a_developers_paragraph() -> None:
    assert set(WAYS) == set(Key) == set(BEHIND)


def test_buyers_words_are_of_known_steps_and_use_public_values_only() -> None:
    assert set(BUYER_WORDS) <= set(WORDS)
    used = {name for words in BUYER_WORDS.values() for text in words for name in re.findall(r"%\((\w+)\)s", text)}
    assert used == VALUES


def test_each_step_is_told_in_sentences_that_end_to_merchants_in_two() -> None:
    for key, words in [*WORDS.items(), *BUYER_WORDS.items()]:
        assert words.first[-1] == ".", key
        assert words.second[-1:] == "." or (key in BUYER_WORDS and not words.second), key
        assert words.title[-1] != ".", key
    assert all(words.second for words in WORDS.values())


# the road


def test_a_paid_order_takes_the_whole_road_in_order() -> None:
    assert keys_of(paid_facts(), State.DONE) == [key.value for key in ROAD]
    assert keys_of(paid_facts(), State.NOW, State.WAITING, State.SKIPPED, State.TROUBLE) == []


def test_a_new_invoice_waits_for_the_buyers_wallet() -> None:
    facts = some_facts()
    assert keys_of(facts, State.NOW) == ["network"]
    assert keys_of(facts, State.DONE) == ["shop", "sattle", "rate", "address", "checkout"]
    assert "0.00167000 BTC" in read(step_of(facts, Key.NETWORK))
    assert "14 min are left" in read(step_of(facts, Key.NETWORK))


def test_the_rate_is_told_with_its_source_and_its_age() -> None:
    text = read(step_of(some_facts(), Key.RATE))
    assert "One bitcoin was 50,000.00 EUR (Kraken), so 83.50 EUR became 0.00167000 BTC" in text
    assert "40 s old" in text


def test_the_address_is_told_with_its_number_in_the_wallet() -> None:
    step = step_of(some_facts(), Key.ADDRESS)
    assert "Address number 7 of your wallet, bcrt1qw5…7kygt080" in read(step)
    assert ("key_path", f"0/7-{SECRET}") in step.raw


def test_a_seen_payment_waits_for_a_block_and_then_for_more() -> None:
    invoice = replace(some_facts().invoice, status=Status.PROCESSING)
    paid = (happened(EventType.PAID_IN_FULL, 3.02),)
    waiting = some_facts(invoice=invoice, payments=(seen(),), events=paid)
    assert words_key(step_of(waiting, Key.CONFIRMATIONS)) == "confirmations.no_block"
    mined = replace(waiting, payments=(seen(height=100, block_hash="cc" * 32),))
    assert "1 of the 2 confirmations" in read(step_of(mined, Key.CONFIRMATIONS))
    assert step_of(mined, Key.SETTLED).state is State.WAITING


def test_a_fast_store_is_told_that_it_did_not_wait() -> None:
    invoice = replace(paid_facts().invoice, speed_policy=SpeedPolicy.HIGH)
    fast = paid_facts(invoice=invoice, payments=(seen(settled_at=minutes(3.02)),))
    assert step_of(fast, Key.CONFIRMATIONS).state is State.SKIPPED
    assert "can be taken back" in read(step_of(fast, Key.CONFIRMATIONS))


def test_a_free_invoice_skips_what_is_about_money() -> None:
    free = some_facts(
        invoice=replace(some_facts().invoice, price=Decimal(0), status=Status.SETTLED, prompts=()),
        asked=(),
        events=(happened(EventType.CREATED, 0), happened(EventType.PAID_IN_FULL, 0), happened(EventType.CONFIRMED, 0)),
    )
    assert keys_of(free, State.TROUBLE, State.NOW, State.WAITING) == []
    assert step_of(free, Key.SETTLED).state is State.DONE


# the side roads


def test_a_part_is_told_with_what_is_missing() -> None:
    invoice = some_facts().invoice.moved(Status.NEW, AdditionalStatus.PAID_PARTIAL)
    partly = some_facts(invoice=invoice, payments=(seen(100_000),))
    assert "0.00067000 BTC are missing" in read(step_of(partly, Key.PARTIAL))
    assert step_of(partly, Key.PARTIAL).state is State.NOW


def test_too_much_is_told_with_the_difference() -> None:
    over = paid_facts(payments=(seen(200_000, height=110, settled_at=minutes(25)),))
    assert "0.00033000 BTC more than was asked for" in read(step_of(over, Key.OVERPAID))


def test_late_money_is_told_and_does_not_open_the_invoice() -> None:
    invoice = some_facts().invoice.moved(Status.EXPIRED, AdditionalStatus.PAID_LATE)
    events = (happened(EventType.EXPIRED, 15.1), happened(EventType.PAID_AFTER_EXPIRATION, 20.1))
    late = some_facts(invoice=invoice, now=minutes(21), payments=(seen(at=20),), events=events)
    story = [step.key for step in tell(late)]
    assert story.index(Key.EXPIRED) < story.index(Key.NETWORK) < story.index(Key.LATE)
    assert step_of(late, Key.INVOICE).state is State.SKIPPED


@pytest.mark.parametrize(("sats", "variant"), [(167_000, "done"), (150_000, "changed")])
def test_a_raised_fee_is_told_as_a_replacement(sats: int, variant: str) -> None:
    old, new = seen(n=1, conflicted_by=f"{2:064x}"), seen(sats, n=2, at=4)
    step = step_of(some_facts(payments=(old, new)), Key.REPLACED)
    assert (step.variant, step.state) == (variant, State.DONE)
    assert step_of(some_facts(payments=(old, new)), Key.NETWORK).raw[0][1].startswith(f"{1:064x}")


def test_a_double_spend_is_told_with_the_rival() -> None:
    facts = some_facts(payments=(seen(conflicted_by="ab" * 32),))
    assert "abababab…abababab" in read(step_of(facts, Key.DOUBLE_SPENT))
    unnamed = some_facts(payments=(seen(conflicted_by=""),))
    assert step_of(unnamed, Key.DOUBLE_SPENT).variant == "unnamed"


def test_an_evicted_payment_is_trouble_until_a_block_has_it() -> None:
    assert step_of(some_facts(payments=(seen(at_risk=True),)), Key.EVICTED).state is State.TROUBLE
    assert keys_of(some_facts(payments=(seen(at_risk=True, height=100),)), State.TROUBLE) == []


def test_a_reorganisation_is_told_when_it_happened_and_when_it_was_mended() -> None:
    lost = happened(EventType.SETTLED_PAYMENT_LOST, 26)
    back = happened(EventType.SETTLED_PAYMENT_RETURNED, 28)
    facts = paid_facts(events=(*paid_facts().events, lost, back))
    assert [step.key for step in tell(facts)][-2:] == [Key.REORGED, Key.RETURNED]
    early = some_facts(payments=(seen(left_block=True),))
    assert words_key(step_of(early, Key.REORGED)) == "reorged.done"


def test_who_marked_it_and_why_is_told_to_the_merchant_alone() -> None:
    invoice = some_facts().invoice.moved(Status.SETTLED, AdditionalStatus.MARKED)
    mark = happened(EventType.MARKED_COMPLETE, 5, by=f"{SECRET}@shop.example", reason=f"{SECRET} paid in cash")
    marked = some_facts(invoice=invoice, events=(mark,))
    assert f"{SECRET}@shop.example marked" in read(step_of(marked, Key.MARKED))
    assert [text for _, text in step_of(marked, Key.MARKED).facts] == [mark.by, mark.reason]
    assert step_of(marked, Key.SETTLED).variant == "marked"
    (buyers,) = [step for step in for_buyers(tell(marked)) if step.key is Key.MARKED]
    assert buyers.values == {}
    assert buyers.facts == ()


def test_a_shop_that_refuses_is_told_with_the_next_try() -> None:
    waiting = owed(EventType.CONFIRMED, 25, tried(25.1, 403), tried(25.3, 403), state="pending")
    facts = paid_facts(deliveries=(waiting,))
    step = step_of(facts, Key.RETRIED)
    assert (step.variant, step.state) == ("again", State.TROUBLE)
    assert "Tries that failed so far: 2, the last of them with HTTP 403" in read(step)
    assert step_of(facts, Key.SHIP).state is State.NOW


def test_a_shop_that_took_it_at_last_is_told_as_mended() -> None:
    mended = owed(EventType.CONFIRMED, 25, tried(25.1, None, "timed out"), tried(25.3))
    assert step_of(paid_facts(deliveries=(mended,)), Key.RETRIED).state is State.DONE
    lost = owed(EventType.CONFIRMED, 25, tried(25.1, 410), state="given_up")
    assert step_of(paid_facts(deliveries=(lost,)), Key.RETRIED).variant == "lost"
    assert step_of(paid_facts(deliveries=(lost,)), Key.SHIP).state is State.TROUBLE


def test_a_payment_that_the_node_dates_before_the_invoice_came_with_it() -> None:
    facts = some_facts(payments=(seen(at=-0.01),), tip=Tip(100, "aa", START))
    assert step_of(facts, Key.NETWORK).at == START
