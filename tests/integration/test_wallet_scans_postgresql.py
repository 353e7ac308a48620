"""Four of the scans again, on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regtest.node import Node
from tests.integration import test_wallet_scans
from tests.integration.scan_bench import Bench
from tests.private_postgresql import Cluster
from tests.till import Till

pytestmark = pytest.mark.postgresql


@pytest.fixture
def bench(node: Node, postgresql: Cluster, tmp_path: Path) -> Iterator[Bench]:
    till = Till(tmp_path / "data", postgresql.new_database(), node)
    yield Bench(till, node)
    till.rest()


def test_a_used_key_goes_on_above_its_used_addresses(bench: Bench) -> None:
    test_wallet_scans.test_a_key_that_was_used_before_goes_on_above_its_used_addresses(bench)


def test_a_missed_payment_is_recorded(bench: Bench) -> None:
    test_wallet_scans.test_a_payment_that_was_missed_is_recorded_with_its_block_and_told_to_the_shop(bench)


def test_a_second_scan_changes_nothing(bench: Bench) -> None:
    test_wallet_scans.test_a_second_scan_changes_nothing(bench)


def test_a_coin_above_our_block_is_the_explorers(bench: Bench) -> None:
    test_wallet_scans.test_a_coin_above_the_block_that_we_stand_on_is_the_explorers(bench)
