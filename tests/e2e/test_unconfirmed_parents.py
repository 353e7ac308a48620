"""A payment made with coins that are themselves unconfirmed stands and falls with them."""

from regtest.chain import to_sats
from regtest.rawtx import Output, with_outputs
from regtest.waiting import wait_until
from tests.e2e.conftest import Case, Order


def pay_from(case: Case, order: Order, parent: str) -> str:
    """Pay the order with the first output of an unconfirmed transaction."""
    coin = case.node.rpc("gettxout", parent, 0, True)
    script = case.node.rpc("validateaddress", order.address)["scriptPubKey"]
    draft = with_outputs([Output(script, to_sats(coin["value"]) - 500)], [(parent, 0)])
    return case.payer.send(case.node.wallet("signrawtransactionwithwallet", draft)["hex"])


def standing(order: Order) -> list[str]:
    return [payment["status"] for payment in order.payments()]


def test_the_payers_double_spend_of_the_coins_beneath_takes_the_payment_back(case: Case) -> None:
    order = case.order("10.00")
    parent = case.payer.pay(case.node.new_address(), 20_500)
    pay_from(case, order, parent)
    order.wait_status("Processing")
    case.payer.double_spend(parent)
    order.wait_status("New")
    assert standing(order) == ["Unaccounted"]


def test_a_payment_and_the_coins_beneath_it_confirm_together(case: Case) -> None:
    order = case.order("10.00")
    parent = case.payer.pay(case.node.new_address(), 20_500)
    txid = pay_from(case, order, parent)
    order.wait_status("Processing")
    case.node.mine()
    wait_until(lambda: case.node.block_of(txid) is not None, "the payment to be mined")
    order.wait_status("Settled")
    assert standing(order) == ["Settled"]
