"""The node forgets, starts over, is another one, has thrown away what we need, or lives in another time."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regtest.node import Node
from regtest.waiting import wait_until
from tests.e2e.case import Case, Order
from tests.e2e.place import NewPlace, Place

HOUR_SECONDS = 3600


def standing(place: Place, order: Order) -> tuple[int, bool]:
    line = place.ledger.payment(order.invoice_id)
    return line.confirmations, line.counted


# Row 8


def as_while_loading(cable: Any) -> None:
    """What a node says while it still reads the mempool that it saved: it is empty, and `loaded` is false."""
    cable.rpc.alter("getmempoolinfo", lambda said: {**said, "loaded": False, "size": 0})
    cable.rpc.alter("getrawmempool", lambda said: {**said, "txids": []} if isinstance(said, dict) else [])


def test_a_node_that_restarts_with_an_empty_mempool_is_no_mass_double_spend(restarting_place: Place) -> None:
    """Row 8: nothing is decided while it loads; then what it forgot is given back to it."""
    place = restarting_place
    orders = [place.shop().order("10.00") for _ in range(3)]
    txids = [order.pay(20_000) for order in orders]
    for order in orders:
        order.wait_status("Processing")
    as_while_loading(place.cable)
    place.node.restart(keep_mempool=False)
    assert place.node.mempool() == []
    place.wait_node_state("loading_mempool")
    place.sattle.advance(61)
    place.wait_node_state("loading_mempool")
    assert [standing(place, order) for order in orders] == [(0, True)] * 3
    place.cable.mend()
    place.catch_up()
    assert sorted(place.node.mempool()) == sorted(txids)
    assert [standing(place, order) for order in orders] == [(0, True)] * 3
    assert {order.page()["status"] for order in orders} == {"Processing"}
    after = place.shop().order("10.00")
    after.pay(20_000)
    after.wait_status("Processing")  # the counters began again, and we listen
    place.node.mine()
    for order in (*orders, after):
        order.wait_order("processing")
        assert order.events().count("receivedPayment") == 1


def test_a_killed_node_that_comes_back_is_followed_on(restarting_place: Place) -> None:
    """Row 8: killed, so that it forgot; one payment was replaced meanwhile and is not mistaken for the others."""
    place = restarting_place
    kept, robbed = place.shop().order("10.00"), place.shop().order("10.00")
    kept_txid, robbed_txid = kept.pay(20_000), robbed.pay(20_000)
    kept.wait_status("Processing")
    robbed.wait_status("Processing")
    place.cable.cut()
    place.payer.double_spend(robbed_txid)
    place.node.mine_with(*(txid for txid in place.node.mempool() if txid != kept_txid))
    place.node.kill()
    place.node.start()
    place.node.prepare()
    assert place.node.mempool() == []
    place.cable.mend()
    place.catch_up()
    assert (standing(place, kept), standing(place, robbed)) == ((0, True), (0, False))
    assert place.node.mempool() == [kept_txid]
    assert (kept.page()["status"], robbed.page()["status"]) == ("Processing", "New")
    place.node.mine()
    kept.wait_order("processing")


# Rows 23 and 24


def test_a_node_of_another_network_is_refused_and_costs_no_facts(place: Place, case: Case) -> None:
    """Row 23: also by a worker that starts while it answers."""
    before, during = case.order("10.00"), case.order("10.00")
    before.pay(20_000)
    before.wait_status("Processing")
    place.cable.rpc.alter("getblockchaininfo", lambda said: {**said, "chain": "main"})
    place.wait_node_state("wrong_network")
    place.sattle.worker.restart()
    during.pay(20_000)
    case.node.mine()
    message = place.wait_node_state("wrong_network")
    assert "main" in message
    assert "regtest" in message
    assert [standing(place, before), place.ledger.payments(during.invoice_id)] == [(0, True), []]
    place.cable.mend()
    place.catch_up()
    before.wait_order("processing")
    during.wait_order("processing")


@pytest.mark.slow  # a node of its own; a node of another network is refused in `make test`
def test_a_chain_that_was_reset_is_refused_and_costs_no_facts(new_place: NewPlace) -> None:
    """Row 23: and our tip is unknown to the node, whatever the height of its new chain (row 24)."""
    place = new_place()
    order = place.shop().order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    place.node.mine(5)
    order.wait_order("processing")
    place.catch_up()
    tip, line = place.ledger.tip(), place.ledger.payment(order.invoice_id)
    place.node.stop()
    shutil.rmtree(place.node.directory / "regtest")
    place.node.start()
    place.node.prepare()
    for _ in range(2):
        message = place.wait_node_state("fork_too_deep")
        assert "operator" in message
        assert (place.ledger.tip(), place.ledger.payment(order.invoice_id)) == (tip, line)
        assert order.page()["status"] == "Settled"
        place.node.mine(30)
        place.sattle.advance(61)


@pytest.mark.slow  # a node of its own; the rule is tested in the explorer
def test_a_fork_below_our_first_block_stops_us_until_an_operator_has_decided(new_place: NewPlace) -> None:
    """Row 24."""
    place = new_place()
    order = place.shop().order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    place.node.mine()
    order.wait_order("processing")
    place.catch_up()
    tip, line = place.ledger.tip(), place.ledger.payment(order.invoice_id)
    ours = place.node.disconnect(5)
    theirs = place.node.mine_empty(8)
    place.wait_node_state("fork_too_deep")
    assert (place.ledger.tip(), place.ledger.payment(order.invoice_id)) == (tip, line)
    place.node.rpc("invalidateblock", theirs[0])  # the operator decides for the chain that we know
    place.node.return_to(ours[0])
    place.catch_up()
    wait_until(lambda: place.health()["node_state"] == "ready", "the lost blocks to be made up for")
    assert (place.ledger.tip(), place.ledger.payment(order.invoice_id)) == (tip, line)


# Row 25


@pytest.fixture
def pruning_place(tmp_path: Path) -> Iterator[Place]:
    """Around a node that throws blocks away when it is told to, in small files."""
    node = Node(tmp_path / "node")
    node.start("-prune=1", "-fastprune=1")
    try:
        node.prepare()
        with Place(node, tmp_path / "place") as place:
            yield place
    finally:
        node.stop()


@pytest.mark.slow  # hundreds of blocks have to be mined and thrown away
def test_a_payment_in_a_block_that_the_node_has_thrown_away_is_found_all_the_same(pruning_place: Place) -> None:
    """Row 25: paid and buried while the worker was down, and pruned before it came back."""
    place = pruning_place
    paid, unpaid = place.shop().order("10.00"), place.shop(expiration_minutes="600").order("10.00")
    address = paid.address
    place.catch_up()
    place.sattle.worker.stop()
    txid = place.payer.pay(address, 20_000)
    [block] = place.node.mine()
    height = place.node.height()
    place.node.mine(800)
    place.node.rpc("pruneblockchain", place.node.height() - 300)
    assert place.node.rpc("getblockchaininfo")["pruneheight"] > height + 1
    with pytest.raises(Exception, match="pruned"):
        place.node.rpc("getblock", block)
    place.sattle.worker.start()
    paid.wait_status("Settled", timeout_seconds=60)
    line = place.ledger.payment(paid.invoice_id)
    assert (line.outpoint.split("-")[0], line.value_sats, line.confirmations) == (txid, 20_000, 801)
    assert place.ledger.tip()[1] == place.node.tip()
    unpaid.pay(20_000)
    unpaid.wait_status("Processing")
    place.node.mine()
    unpaid.wait_order("processing")
    wait_until(lambda: place.health()["node_state"] == "ready", "the lost blocks to be made up for")


# Row 30


@pytest.fixture(scope="module")
def place_of_two_times(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place whose node gets another time than Sattle."""
    with Node(tmp_path_factory.mktemp("node")) as node, Place(node, tmp_path_factory.mktemp("place")) as place:
        yield place


def test_a_node_whose_clock_differs_is_named_and_its_payments_count(place_of_two_times: Place) -> None:
    """Row 30."""
    place = place_of_two_times
    order = place.shop().order("10.00")
    place.node.rpc("setmocktime", place.node.clock.unix() + 60)
    place.node.rpc("generatetoaddress", 1, place.node.new_address())
    order.pay(20_000)
    order.wait_status("Processing")
    wait_until(lambda: place.health()["node_state"] == "clock_differs", "the clocks to be compared", 60)
    place.node.rpc("generatetoaddress", 1, place.node.new_address())
    order.wait_order("processing")


def test_a_node_that_lives_in_another_time_takes_and_confirms_payments(place_of_two_times: Place) -> None:
    """Row 30: an hour ahead, then an hour behind; the order's window is the server's own."""
    place = place_of_two_times
    case = place.shop(speed_policy="LowMediumSpeed")
    for shift in (HOUR_SECONDS, -HOUR_SECONDS):
        place.node.rpc("setmocktime", place.node.clock.unix() + shift)
        order = case.order("10.00")
        order.pay(20_000)
        order.wait_status("Processing")
        place.node.rpc("generatetoaddress", 2, place.node.new_address())  # at the node's time, not at ours
        order.wait_order("processing")
        assert "expired" not in order.events()


def test_an_hour_that_passes_at_once_expires_what_is_unpaid_and_nothing_that_is_paid(place: Place, case: Case) -> None:
    """Row 30: in the mempool, in a block, or on its way while the worker is down."""
    waiting, mined, unpaid = case.order("10.00"), case.order("10.00"), case.order("10.00")
    mined.pay(20_000)
    mined.wait_status("Processing")
    case.node.mine()
    waiting.pay(20_000)
    place.sattle.worker.kill()
    place.sattle.advance(HOUR_SECONDS)
    place.sattle.worker.start()
    unpaid.wait_order("cancelled")
    waiting.wait_status("Processing")
    mined.wait_order("processing")
    case.node.mine()
    waiting.wait_order("processing")


# Moods with a name: what the operator reads


@pytest.mark.parametrize(
    ("hurt", "state"),
    [
        (lambda rpc: rpc.cut(), "unreachable"),
        (lambda rpc: rpc.drop(), "unreachable"),
        (lambda rpc: rpc.answer(status=401), "unauthorized"),
        (lambda rpc: rpc.answer(status=403), "unauthorized"),
        (lambda rpc: rpc.answer(status=503), "busy"),
        (lambda rpc: rpc.refuse(code=-28, message="Loading block index…"), "warming_up"),
        (lambda rpc: rpc.refuse("getmempoolinfo", code=-32601, message="Method not found"), "refused"),
    ],
    ids=["cut", "dropped", "401", "403", "503", "warming up", "refused"],
)
def test_a_mood_of_the_node_has_a_name_and_costs_no_payment(place: Place, case: Case, hurt: Any, state: str) -> None:
    """Row 7: by its state on /health, with a sentence; then the node is well and the payment is there."""
    order = case.order("10.00")
    address = order.address
    hurt(place.cable.rpc)
    assert place.wait_node_state(state)
    case.payer.pay(address, 20_000)
    case.node.mine()
    place.cable.mend()
    order.wait_order("processing")
    wait_until(lambda: place.health()["node_state"] == "ready", "the lost blocks to be made up for")


def test_a_block_that_cannot_be_read_is_waited_for_and_never_skipped(place: Place, case: Case) -> None:
    """Row 28: to skip it could lose a payment."""
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    place.cable.rpc.alter("getblock", lambda said: said[:-10] if isinstance(said, str) else said)
    case.node.mine()
    place.wait_node_state("undecodable")
    assert standing(place, order) == (0, True)
    place.cable.mend()
    order.wait_order("processing")
