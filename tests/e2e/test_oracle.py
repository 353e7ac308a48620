"""The node's own wallet is the oracle: whatever happens on the way, in the end our books say what it says."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.oracle.arena import Arena, arena
from tests.e2e.oracle.bounds import Sent, most_at_once
from tests.e2e.oracle.explore import chosen_seed, explore, kept_programs
from tests.e2e.oracle.machine import Machine, replay

PROGRAMS = 15
MORE_PROGRAMS = 40


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A node, a Sattle and a payer for all programs."""
    with arena(Path(tmp_path_factory.mktemp("arena"))) as started:
        Machine.arena = started
        yield started


@pytest.mark.parametrize("program", kept_programs(), ids=lambda program: f"{len(program)}-steps")
def test_a_program_that_failed_once_holds(running: Arena, program: Any) -> None:
    replay(program)


@pytest.mark.timeout(1200)
def test_after_any_program_our_books_agree_with_the_nodes_wallet(running: Arena) -> None:
    explore(PROGRAMS, chosen_seed())


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_after_many_programs_our_books_agree_with_the_nodes_wallet(running: Arena) -> None:
    explore(MORE_PROGRAMS, chosen_seed())


# The oracle's own arithmetic


def tx(name: str, spends: list[tuple[str, int]], sats: int = 0) -> Sent:
    return Sent(name, "", tuple(spends), {"i": sats} if sats else {})


def test_payments_that_share_no_coin_add_up() -> None:
    assert most_at_once([tx("a", [("x", 0)], 5), tx("b", [("x", 1)], 7), tx("c", [], 1)], "i") == 13


def test_of_payments_that_share_a_coin_the_larger_counts() -> None:
    assert most_at_once([tx("a", [("x", 0)], 5), tx("b", [("x", 0), ("x", 1)], 7), tx("c", [("x", 1)], 3)], "i") == 8


@given(st.lists(st.tuples(st.sets(st.integers(0, 5), min_size=1, max_size=2), st.integers(0, 9)), max_size=8))
def test_the_most_at_once_is_that_of_the_best_choice(made: list[tuple[set[int], int]]) -> None:
    sent = [tx(f"t{n}", [("c", coin) for coin in coins], sats) for n, (coins, sats) in enumerate(made)]
    choices = (choice for size in range(len(sent) + 1) for choice in combinations(range(len(sent)), size))
    possible = [c for c in choices if len(set().union(*(made[n][0] for n in c))) == sum(len(made[n][0]) for n in c)]
    assert most_at_once(sent, "i") == max(sum(made[n][1] for n in choice) for choice in possible)


def test_a_payment_shares_the_coins_of_what_it_stands_on() -> None:
    parent, rival = tx("parent", [("x", 0)], 5), tx("rival", [("x", 0)], 6)
    child = tx("child", [("parent", 1)], 4)
    assert most_at_once([parent, rival, child], "i") == 9
    assert most_at_once([tx("parent", [("x", 0)]), rival, child], "i") == 6
