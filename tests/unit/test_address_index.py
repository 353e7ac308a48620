"""Which index may follow: the rules of the mark, the gap and the range of a scan, without disk or database."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.address_index import STEP, Mark
from app.domain.gap import Gap
from app.domain.scan import LOOK_AHEAD, ROOM, first_range, further_range, pays_invoice

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_a_database_in_step_goes_on_where_it_is() -> None:
    for given in range(20, 41):
        assert Mark("a", 40, given).next_safe(given) == given


def test_yesterdays_backup_is_noticed_within_a_step_by_the_exact_index() -> None:
    mark = Mark("a", ceiling=40, given=38)
    assert mark.shows_restore(25)
    assert mark.next_safe(25) == 40


def test_a_backup_of_more_than_a_step_ago_is_noticed_by_the_ceiling_alone() -> None:
    mark = Mark("a", ceiling=60, given=0)
    assert mark.next_safe(39) == 60
    assert mark.next_safe(40) == 40


def test_the_ceiling_was_raised_and_the_change_that_raised_it_came_to_nothing() -> None:
    assert Mark("a", 20 + STEP, 20).next_safe(20) == 20


def test_a_database_ahead_of_the_mark_is_believed() -> None:
    """A scan or an operator raised it, or a power cut took the exact index."""
    assert Mark("a", 40, 20).next_safe(39) == 39
    assert Mark("a", 40, 38).next_safe(500) == 500


@pytest.mark.parametrize(
    ("gap", "run", "longest", "limit"),
    [
        (Gap(0, None, 0), 0, 0, 20),
        (Gap(19, None, 0), 19, 19, 20),
        (Gap(20, None, 0), 20, 20, 60),
        (Gap(31, 30, 0), 0, 0, 20),
        (Gap(58, 57, 30), 0, 30, 60),
        (Gap(100, 57, 30), 42, 42, 80),
        (Gap(10, 500, 0), 0, 0, 20),
    ],
)
def test_the_gap_limit_bridges_every_run_of_unpaid_addresses(gap: Gap, run: int, longest: int, limit: int) -> None:
    assert (gap.unpaid_run, gap.longest_run, gap.gap_limit) == (run, longest, limit)
    assert gap.is_wide == (limit > 20)


def test_the_gap_limit_leaves_room_for_a_step_of_unpaid_invoices() -> None:
    for run in range(20, 500):
        assert Gap(run, None, 0).gap_limit >= run + STEP


def test_a_scan_goes_on_while_coins_are_near_the_end() -> None:
    first, last = first_range(7)
    assert (first, last) == (0, 7 + LOOK_AHEAD)
    assert further_range(last, None) is None
    assert further_range(last, last - ROOM) is None
    assert further_range(last, last - ROOM + 1) == (last + 1, last - ROOM + 1 + LOOK_AHEAD)


def test_a_coin_older_than_the_invoice_does_not_pay_it() -> None:
    assert not pays_invoice(NOW - timedelta(days=30), NOW)
    assert pays_invoice(NOW - timedelta(minutes=50), NOW)
    assert pays_invoice(NOW, NOW - timedelta(days=30))
