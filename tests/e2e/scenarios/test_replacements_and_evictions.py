"""Fee bumps, double spends, payments that stand on one another, and payments that the mempool drops."""

from regtest.chain import to_sats
from regtest.rawtx import Output, with_outputs
from regtest.waiting import wait_until
from tests.e2e.case import Case, Order
from tests.e2e.place import Place

WINDOW = 15 * 60 + 10
REFUSE_LOW_FEES = "-minrelaytxfee=0.0001"  # 10 sat/vB, five times what the payer pays


def pay_from(case: Case, order: Order, parent: str) -> str:
    """Pay the order with the first output of an unconfirmed transaction."""
    coin = case.node.rpc("gettxout", parent, 0, True)
    script = case.node.rpc("validateaddress", order.address)["scriptPubKey"]
    draft = with_outputs([Output(script, to_sats(coin["value"]) - 500)], [(parent, 0)])
    return case.payer.send(case.node.wallet("signrawtransactionwithwallet", draft)["hex"])


def test_a_double_spend_to_another_order_pays_that_one_instead(case: Case) -> None:
    """Row 14: the replacement pays us too."""
    robbed, paid = case.order("10.00"), case.order("10.00")
    txid = robbed.pay(20_000)
    robbed.wait_status("Processing")
    replacement = case.payer.replace(txid, [(paid.address, 20_000)])
    paid.wait_status("Processing")
    robbed.wait_status("New")
    case.node.mine()
    paid.wait_order("processing")
    assert (robbed.standings(), paid.standings()) == ({txid: "Unaccounted"}, {replacement: "Settled"})


def test_a_payment_that_is_replaced_by_a_smaller_one_no_longer_overpays(case: Case) -> None:
    """Row 14: the same address gets less (trace H)."""
    order = case.order("10.00")
    txid = order.pay(40_000)
    order.wait_status("Processing", "PaidOver")
    smaller = case.payer.replace(txid, [(order.address, 20_000)])
    order.wait_status("Processing", "None")
    case.node.mine()
    order.wait_order("processing")
    assert order.standings() == {txid: "Unaccounted", smaller: "Settled"}
    assert order.events().count("paidInFull") == 1


def test_a_fee_bump_inherits_the_network_fee_of_what_it_replaces(place: Place) -> None:
    """Row 15: where each further payment is asked a fee, the bump of the first one is not a further payment."""
    case = place.shop(network_fee_mode="MultiplePaymentsOnly")
    order = case.order("10.00")
    first = order.pay(8_000)
    order.wait_status("New", "PaidPartial")
    due = order.page()["due"]
    second = case.payer.bump(first)
    wait_until(lambda: len(place.ledger.payments(order.invoice_id)) == 2, "the bumped payment is recorded")
    assert order.standings() == {first: "Unaccounted", second: "Processing"}
    assert (order.page()["due"], order.page()["paid"]) == (due, "0.00008000")


def test_the_payers_double_spend_of_the_coins_beneath_takes_the_payment_back(case: Case) -> None:
    """Row 16."""
    order = case.order("10.00")
    parent = case.payer.pay(case.node.new_address(), 20_500)
    txid = pay_from(case, order, parent)
    order.wait_status("Processing")
    case.payer.double_spend(parent)
    order.wait_status("New")
    assert order.standings() == {txid: "Unaccounted"}


def test_two_orders_paid_one_upon_the_other_fall_together(case: Case) -> None:
    """Row 16: the first payment's change pays the second order; the first one is replaced."""
    first, second = case.order("10.00"), case.order("10.00")
    parent = case.payer.pay_many([(case.node.new_address(), 20_500), (first.address, 20_000)])
    child = pay_from(case, second, parent)
    first.wait_status("Processing")
    second.wait_status("Processing")
    case.payer.double_spend(parent)
    first.wait_status("New")
    second.wait_status("New")
    assert (first.standings(), second.standings()) == ({parent: "Unaccounted"}, {child: "Unaccounted"})


def test_a_payment_and_the_coins_beneath_it_confirm_together(case: Case) -> None:
    """Row 16: when nobody cheats."""
    order = case.order("10.00")
    parent = case.payer.pay(case.node.new_address(), 20_500)
    txid = pay_from(case, order, parent)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_status("Settled")
    assert order.standings() == {txid: "Settled"}


def test_a_payment_that_left_the_mempool_for_its_low_fee_still_counts_and_settles_only_in_a_block(
    restarting_place: Place,
) -> None:
    """Row 17."""
    place, case = restarting_place, restarting_place.shop()
    waiting, mined = case.order("10.00"), case.order("10.00")
    waiting_txid, mined_txid = waiting.pay(20_000), mined.pay(20_000)
    waiting.wait_status("Processing")
    mined.wait_status("Processing")
    case.node.restart(REFUSE_LOW_FEES)
    assert case.node.mempool() == []
    place.catch_up()
    for order, txid in ((waiting, waiting_txid), (mined, mined_txid)):
        assert (order.page()["status"], order.standings()) == ("Processing", {txid: "Processing"})
    raw = case.node.wallet("gettransaction", mined_txid)["hex"]
    case.node.mine_with(raw)
    mined.wait_order("processing")
    assert waiting.page()["status"] == "Processing"
    case.node.restart()
    place.catch_up()
    assert case.node.mempool() == [waiting_txid]  # Sattle gave it back
    case.node.mine()
    waiting.wait_order("processing")
    assert waiting.events().count("receivedPayment") == mined.events().count("receivedPayment") == 1


def test_a_payment_that_left_the_mempool_is_shown_to_be_at_risk(restarting_place: Place) -> None:
    """Row 17: in the shop of somebody in a hurry it does not settle at 0 confirmations."""
    place = restarting_place
    order = place.shop(speed_policy="HighSpeed").order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    place.node.restart(REFUSE_LOW_FEES)
    place.catch_up()
    (payment,) = order.shown()["payments"]
    status = order.page()["status"]
    place.node.restart()
    place.node.mine_with(place.node.wallet("gettransaction", txid)["hex"])
    order.wait_status("Settled")
    assert (status, payment["status"]) == ("Processing", "Processing")
    assert (payment["at_risk"], payment["conflicted_by"]) == (True, None)


def test_what_was_replaced_stays_replaced_when_the_node_forgets_all_that_waited(restarting_place: Place) -> None:
    """Row 15: no coin counts twice, not even while Sattle gives the node back what it forgot."""
    place, case = restarting_place, restarting_place.shop()
    orders = [case.order("10.00") for _ in range(4)]
    pairs = []
    for order in orders:
        first = order.pay(12_000)
        order.wait_status("New", "PaidPartial")
        second = case.payer.bump(first)
        wait_until(lambda now=order: len(now.standings()) == 2, "the bumped payment is recorded")  # type: ignore[misc]
        pairs.append((first, second))
    place.node.restart(keep_mempool=False)
    place.catch_up()
    assert sorted(place.node.mempool()) == sorted(second for _, second in pairs)
    for order, (first, second) in zip(orders, pairs, strict=True):
        assert order.standings() == {first: "Unaccounted", second: "Processing"}
        assert (order.standing(), "paidInFull" in order.events()) == (("New", "PaidPartial"), False)
    place.node.mine()


def test_a_double_spend_that_the_node_forgets_does_not_pay_somebody_in_a_hurry(restarting_place: Place) -> None:
    """Row 14: it is not revived; when it comes back by itself it needs a block."""
    place, case = restarting_place, restarting_place.shop(speed_policy="HighSpeed")
    order = case.order("10.00")
    robbed = order.pay(12_000, replaceable=False)
    order.wait_status("New", "PaidPartial")
    case.payer.double_spend(robbed)
    order.wait_status("New")
    kept = order.pay(8_000, replaceable=False)
    order.wait_status("New", "PaidPartial")
    place.node.restart(keep_mempool=False)
    place.catch_up()
    assert place.node.mempool() == [kept]
    assert order.standings() == {robbed: "Unaccounted", kept: "Settled"}
    place.payer.send(place.node.wallet("gettransaction", robbed)["hex"])
    order.wait_status("Processing")
    place.node.mine()
    order.wait_order("processing")
