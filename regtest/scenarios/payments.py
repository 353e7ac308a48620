"""What buyers and the chain do: in full, in parts, too little, too much, too late, twice, and taken back."""

from regtest.scenarios.catalogue import Need, scenario
from regtest.scenarios.stage import Played, Stage


@scenario()
def paid_in_full(stage: Stage) -> None:
    """The buyer pays what is asked; after the confirmations the order is paid."""
    order = stage.order()
    order.pay()
    order.wait_seen()
    order.settle()


@scenario()
def paid_in_two_parts(stage: Stage) -> None:
    """The buyer pays a part, sees what remains and pays the rest; the order is paid once."""
    order = stage.order()
    asked = order.due().sats
    part = asked * 2 // 5
    order.pay(part)
    order.wait("New (PaidPartial)")
    stage.expect(order.due().sats == asked - part, f"{asked - part} sats remain due")
    order.pay()
    order.wait_seen()
    order.settle()


@scenario()
def overpaid(stage: Stage) -> None:
    """The buyer pays half too much; the order is paid and the invoice says so."""
    order = stage.order()
    order.pay(order.due().sats * 3 // 2)
    order.wait("Processing (PaidOver)", "Settled (PaidOver)")
    order.wait_order("on-hold", "processing", "completed")
    order.settle("Settled (PaidOver)")


@scenario()
def two_outputs(stage: Stage) -> None:
    """One transaction pays the same invoice with two outputs: two payments, and the order is paid."""
    order = stage.order()
    due = order.due()
    part = due.sats * 2 // 5
    txid = stage.payer.pay_many([(due.destination, part), (due.destination, due.sats - part)])
    stage.note(f"{order}: {part} and {due.sats - part} sats paid by {txid}")
    order.wait_seen()
    order.settle()
    order.wait_payments("Settled", "Settled")


@scenario()
def one_transaction_pays_two_orders(stage: Stage) -> None:
    """A wallet pays two orders in one transaction; each is credited with its own output."""
    orders = [stage.order("10.00"), stage.order("20.00")]
    dues = [order.due() for order in orders]
    txid = stage.payer.pay_many([(due.destination, due.sats) for due in dues])
    stage.note(f"both orders paid by {txid}")
    for order in orders:
        order.wait_seen()
    for order in orders:
        order.settle()
        order.wait_payments("Settled")


@scenario(Need.TIME)
def expired_unpaid(stage: Stage) -> None:
    """Nobody pays in time; the order is cancelled."""
    order = stage.order()
    stage.until_expired(order)
    order.wait("Expired")
    order.wait_order("cancelled")


@scenario(Need.TIME)
def expired_with_a_part(stage: Stage) -> None:
    """The buyer pays too little and time runs out; the order fails, the part is on record."""
    order = stage.order()
    order.pay(order.due().sats * 2 // 5)
    order.wait("New (PaidPartial)")
    stage.until_expired(order)
    order.wait("Expired (PaidPartial)")
    order.wait_order("failed")


@scenario(Need.TIME)
def paid_late(stage: Stage) -> None:
    """The buyer pays in full after the time to pay; the money is credited, and the shop told that it came late."""
    order = stage.order()
    stage.until_expired(order)
    order.wait("Expired")
    order.wait_order("cancelled")
    order.pay()
    order.wait("Expired (PaidLate)")
    order.bury()
    order.wait_payments("Settled")
    order.wait_order(*(("processing", "completed") if stage.by_webhooks else ("failed",)))


@scenario()
def fee_raised(stage: Stage) -> None:
    """The buyer raises the fee of a payment that waits; it is counted once."""
    order = stage.order()
    txid = order.pay()
    order.wait_seen()
    bumped = stage.payer.bump(txid)
    stage.note(f"{order}: fee raised, {bumped} in place of {txid}")
    order.wait_payments("Invalid", "Processing")
    order.settle()
    order.wait_payments("Invalid", "Settled")


@scenario(Need.TIME)
def taken_back(stage: Stage) -> None:
    """The buyer spends the coins elsewhere before a block has the payment; the order is not paid and is cancelled."""
    order = stage.order()
    txid = order.pay()
    order.wait_seen()
    _spent_otherwise(stage, order, txid)
    stage.mine()
    stage.until_expired(order)
    order.wait("Expired")
    order.wait_order("cancelled")


@scenario()
def taken_back_and_paid_again(stage: Stage) -> None:
    """The buyer's payment is replaced by one to somebody else, then the buyer pays after all; the order is paid."""
    order = stage.order()
    txid = order.pay()
    order.wait_seen()
    _spent_otherwise(stage, order, txid)
    order.pay()
    order.wait("Processing")
    order.settle()
    order.wait_payments("Invalid", "Settled")


@scenario()
def block_replaced(stage: Stage) -> None:
    """The block with the payment is replaced by another one that has it, too; the order is paid once."""
    order = stage.order()
    order.pay()
    order.wait_seen()
    stage.mine()
    stage.chain.disconnect(1)
    stage.chain.mine_empty(2)
    stage.note("the block is gone, the payment waits again")
    stage.wait_tip()
    order.settle()
    order.wait_payments("Settled")


@scenario()
def lost_after_settling(stage: Stage) -> None:
    """The chain takes a settled payment back for good; the order stays as it is, the payment no longer counts."""
    order = stage.order()
    txid = order.pay()
    order.wait_seen()
    order.settle()
    stage.payer.reorg_out(txid)
    stage.note(f"{order}: {txid} was taken out of the chain for good")
    order.wait_payments("Invalid")
    order.wait("Settled")
    order.wait_order("processing", "completed")


def _spent_otherwise(stage: Stage, order: Played, txid: str) -> None:
    rival = stage.payer.double_spend(txid)
    stage.note(f"{order}: the coins went elsewhere, {rival}")
    order.wait("New")
    order.wait_payments("Invalid")
