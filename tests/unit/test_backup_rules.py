"""Manifests: read back as written, compared fact by fact, and refused when they are none."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.backup import (
    BlockFact,
    Facts,
    Manifest,
    PaymentSum,
    WalletFact,
    differences,
    mark_sentences,
    read_manifest,
    setbacks,
)

FACTS = Facts(
    revision="0001",
    genesis="00" * 32,
    newest_block=BlockFact(102, "11" * 32),
    rows={"invoices": 3, "payments": 2, "wallets": 1, "prompts": 3, "events": 9},
    invoices={"New": 2, "Settled": 1},
    payments={"Settled": PaymentSum(2, 2_100_000_000_000_000)},
    deliveries={"pending": 1},
    wallets={7: WalletFact(3, 2, None)},
)
MANIFEST = Manifest("0.1.0", "regtest", "sqlite", "3.40.1", datetime(2026, 1, 2, 3, 4, 5, 6, UTC), 10, "ab", FACTS)

numbers = st.integers(min_value=0, max_value=2**63)
counts = st.dictionaries(st.text(max_size=5), numbers, max_size=3)
some_facts = st.builds(
    Facts,
    revision=st.text(max_size=5),
    genesis=st.none() | st.text(max_size=5),
    newest_block=st.none() | st.builds(BlockFact, numbers, st.text(max_size=5)),
    rows=counts,
    invoices=counts,
    payments=st.dictionaries(st.text(max_size=5), st.builds(PaymentSum, numbers, numbers), max_size=3),
    deliveries=counts,
    wallets=st.dictionaries(
        st.integers(0, 99), st.builds(WalletFact, numbers, st.none() | numbers, st.none() | numbers), max_size=3
    ),
)


@given(some_facts)
def test_a_manifest_is_read_as_it_was_written(facts: Facts) -> None:
    manifest = replace(MANIFEST, facts=facts)
    assert read_manifest(json.loads(json.dumps(manifest.as_json()))) == manifest


@given(some_facts, some_facts)
def test_facts_differ_exactly_when_they_are_not_the_same(one: Facts, other: Facts) -> None:
    assert bool(differences(one, other)) == (one != other)
    assert differences(one, one) == []


def test_a_difference_names_the_fact_and_both_values() -> None:
    found = replace(FACTS, payments={"Settled": PaymentSum(2, 1)}, wallets={})
    assert differences(FACTS, found) == [
        "payments.Settled.sats is 1, the manifest says 2100000000000000",
        "wallets.7.next_index is None, the manifest says 3",
        "wallets.7.highest_given is None, the manifest says 2",
    ]


@pytest.mark.parametrize("name", [*MANIFEST.as_json(), *(f"facts.{name}" for name in MANIFEST.as_json()["facts"])])
@pytest.mark.parametrize("value", [[], 1.5, True, {"x": {}}])
def test_a_manifest_with_a_wrong_or_missing_entry_is_none(name: str, value: object) -> None:
    if name == "format":
        return
    for change in ("wrong", "missing"):
        written: dict[str, Any] = json.loads(json.dumps(MANIFEST.as_json()))
        inner, last = (written["facts"], name[6:]) if name.startswith("facts.") else (written, name)
        inner[last] = value
        if change == "missing":
            del inner[last]
        with pytest.raises((KeyError, TypeError, ValueError)):
            read_manifest(written)


def test_a_live_database_that_went_on_has_no_setbacks() -> None:
    later = replace(
        FACTS,
        newest_block=BlockFact(90, "22" * 32),
        rows={"invoices": 4, "payments": 2, "wallets": 1, "prompts": 4, "events": 10, "quotes": 0},
        payments={"Unaccounted": PaymentSum(1, 100_000_000_000_000), "Settled": PaymentSum(1, 2_000_000_000_000_000)},
        wallets={7: WalletFact(4, 3, 3)},
    )
    assert setbacks(FACTS, later) == []


def test_a_live_database_that_was_set_back_or_exchanged_is_noticed() -> None:
    earlier = replace(
        FACTS,
        genesis="33" * 32,
        rows=dict(FACTS.rows) | {"invoices": 2},
        payments={"Settled": PaymentSum(1, 5)},
        wallets={7: WalletFact(2, 1, None)},
    )
    sentences = setbacks(FACTS, earlier)
    assert [sentence.split()[0] for sentence in sentences] == ["the", "invoices:", "payments:", "wallet"]


def test_the_marks_of_a_wallet_are_told_where_they_are_kept() -> None:
    (above,) = mark_sentences(FACTS.wallets, {7: 20})
    assert "the next address is 20" in above
    (same,) = mark_sentences(FACTS.wallets, {7: 3})
    assert "agrees" in same
    (missing,) = mark_sentences(FACTS.wallets, {8: 20})
    assert "flask wallet skip 7" in missing
