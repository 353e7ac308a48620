"""When a delivery is tried again, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.retry import PATIENCE, DeliveryState, Outcome, outcome

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_delivered(status: int) -> None:
    assert outcome(status, 1, START, START, 0.5) == Outcome(DeliveryState.DELIVERED)


def test_410_gives_up_and_says_why() -> None:
    result = outcome(410, 1, START, START, 0.5)
    assert (result.state, result.next_at) == (DeliveryState.GIVEN_UP, None)
    assert "410" in (result.reason or "")


@pytest.mark.parametrize("status", [None, 199, 300, 301, 302, 400, 401, 403, 404, 409, 411, 500, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert outcome(status, 1, START, START, 0.5) == Outcome(DeliveryState.PENDING, START + timedelta(seconds=10))


def test_the_delays_grow_and_then_stay_at_an_hour() -> None:
    delays = []
    for tries in range(1, 9):
        next_at = outcome(500, tries, START, START, 0.5).next_at
        assert next_at is not None
        delays.append((next_at - START).total_seconds())
    assert delays == [10, 60, 300, 900, 1800, 3600, 3600, 3600]


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 48), (0.5, 60), (1.0, 72)])
def test_hourly_tries_are_spread_by_a_fifth(chance: float, minutes: int) -> None:
    assert outcome(500, 6, START, START, chance).next_at == START + timedelta(minutes=minutes)


def test_early_tries_are_not_spread() -> None:
    assert {outcome(500, 3, START, START, chance).next_at for chance in (0.0, 0.3, 1.0)} == {
        START + timedelta(minutes=5)
    }


def test_patience_ends_after_three_days() -> None:
    last = START + PATIENCE - timedelta(hours=1)
    assert outcome(500, 70, START, last, 0.5).state is DeliveryState.PENDING
    over = outcome(500, 70, START, last + timedelta(seconds=1), 0.5)
    assert (over.state, over.next_at) == (DeliveryState.FAILED, None)
    assert "70 tries" in (over.reason or "")


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_an_endpoint_that_never_answers_fails_within_three_days_after_about_77_tries(chance: float) -> None:
    now, tries = START, 1
    while (result := outcome(None, tries, START, now, chance)).state is DeliveryState.PENDING:
        assert result.next_at is not None
        assert result.next_at > now
        now, tries = result.next_at, tries + 1
    assert result.state is DeliveryState.FAILED
    assert now <= START + PATIENCE
    assert 60 < tries < 100
