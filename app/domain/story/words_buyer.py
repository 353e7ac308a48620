"""What a buyer reads, in the public story. A step that has no words here is not told to buyers at all.

`_` marks a text for the catalogues; the page translates it when it is shown.
"""

from collections.abc import Mapping

from app.domain.story.text import Words


def _(text: str) -> str:
    return text


_ORDER = Words(
    _("You place an order"),
    _("%(store)s asked for a payment of its own for your order: one amount, one address, one deadline."),
    _("No account and no card are needed for it."),
)
_RATE = Words(
    _("The exchange rate is fixed"),
    _("One bitcoin was %(rate)s, so %(price)s became %(total)s."),
    _("You pay this amount until the deadline, wherever the market goes."),
)
_PAGE = Words(
    _("You get the payment page"),
    _("It shows how much to pay, where to, and how much time is left."),
    _("Your wallet reads all of it from the code."),
)
_ADDRESS = Words(
    _("A new address is made for you"),
    _("It belongs to the shop's own wallet, and no other order uses it."),
    _("That is how the shop knows whose payment it is."),
)
_SEEN = Words(
    _("Your payment is recognised"),
    _("Sattle found %(amount)s at the address that was made for you."),
    _("You need not send anybody a message."),
)
_NODE = Words(
    _("The shop's computer knows your payment"),
    _("It has checked transaction %(txid)s by the rules of the network."),
    _("The payment is seen, but not final before it is in a block."),
)
_GONE = Words(
    _("This payment was withdrawn"),
    _("The coins of transaction %(txid)s were spent otherwise, so it no longer counts."),
    _("If that was not you, look into your wallet and ask the shop before you pay again."),
)
_REORG = Words(
    _("The network changed its mind"),
    _("The block with your payment was replaced by another one, which happens from time to time."),
    _("Mostly the payment is in one of the next blocks; you need not do anything."),
)
_SETTLED = Words(
    _("The payment is final"),
    _("Your payment is confirmed and belongs to the shop."),
    _("The shop is told by itself, and your order goes on."),
)
_MARKED_SETTLED = Words(
    _("The shop accepted the order"),
    _("A person in the shop marked this order as paid."),
    _("You need not pay anything more."),
)
_MARKED_INVALID = Words(
    _("The shop closed this payment"),
    _("A person in the shop, or a newer payment page for the same order, has taken its place."),
    _("Please do not pay here any more, and ask the shop if you have paid."),
)

BUYER_WORDS: Mapping[str, Words] = {
    "shop.done": _ORDER,
    "shop.no_order": _ORDER,
    "shop.no_price": _ORDER,
    "rate.done": _RATE,
    "rate.fixed": _RATE,
    "sattle.done": Words(
        _("The shop's computer writes the payment down"),
        _("It runs Sattle, which makes the payment page and watches for your payment."),
        _("It can see the shop's money, but it cannot spend it."),
    ),
    "address.done": _ADDRESS,
    "address.given": _ADDRESS,
    "checkout.done": _PAGE,
    "checkout.no_price": _PAGE,
    "network.now": Words(
        _("Now it is your turn"),
        _("Let your wallet send %(total)s to the address on the payment page."),
        _("Only you can do that; %(left)s are left."),
    ),
    "network.now_no_price": Words(
        _("Now it is your turn"),
        _("Let your wallet send any amount to the address on the payment page."),
        _("Only you can do that; %(left)s are left."),
    ),
    "network.closing": Words(
        _("The time is up"),
        _("The shop's computer makes sure that no payment is still on its way."),
        _("If you have not paid yet, please do not pay now."),
    ),
    "network.done": Words(
        _("Your wallet pays"),
        _("It signed transaction %(txid)s with %(amount)s and handed it to the Bitcoin network."),
        _("Thousands of computers pass it on; no bank or company stands in between."),
    ),
    "network.never": Words(
        _("No payment came"),
        _("Nothing arrived at the address."),
        _("Please do not pay here any more, and ask the shop for a new payment page."),
    ),
    "node.done": _NODE,
    "node.replaceable": _NODE,
    "node.coinbase": _NODE,
    "node.waiting": Words(
        _("The shop's computer sees it"),
        _("A few seconds after you have paid, the payment is seen."),
        _("You need not send anybody a message."),
    ),
    "explorer.done": _SEEN,
    "explorer.at_once": _SEEN,
    "more.done": Words(
        _("Another payment arrives"),
        _("Transaction %(txid)s brought %(amount)s to the same address."),
        _("Your payments are added up."),
    ),
    "invoice.done": Words(
        _("All of it has arrived"),
        _("%(paid)s of %(total)s have been seen in time."),
        _("You can close this page now: the rest happens by itself."),
    ),
    "expired.gone": Words(
        _("The time is up"),
        _("The payment that had been seen was taken back before a block had it."),
        _("Please look into your wallet, and ask the shop for a new payment page."),
    ),
    "invoice.fell": Words(
        _("A payment is missing again"),
        _("The network dropped or replaced a payment that had counted; %(paid)s are left."),
        _("Please look into your wallet before you pay again."),
    ),
    "partial.now": Words(
        _("A part is missing"),
        _("%(paid)s of %(total)s arrived: your wallet or exchange may have taken its fee from the amount."),
        _("Please send %(missing)s to the same address."),
    ),
    "partial.done": Words(
        _("A part was missing"),
        _("%(paid)s of %(total)s had arrived: your wallet or exchange may have taken its fee from the amount."),
        _("The page asked for the %(missing)s that were missing."),
    ),
    "partial.expired": Words(
        _("Too little arrived"),
        _("%(paid)s of %(total)s arrived before the time was up."),
        _("The money is with the shop: please ask what happens next."),
    ),
    "overpaid.done": Words(
        _("You paid more than was asked for"),
        _("%(over)s are more than needed."),
        _("Please ask the shop about the difference."),
    ),
    "expired.done": Words(
        _("The time is up"),
        _("The payment page is closed."),
        _("Please do not pay here any more, and ask the shop for a new payment page."),
    ),
    "expired.partly": Words(
        _("The time is up"),
        _("Less than %(total)s had arrived."),
        _("Please do not send more, and ask the shop what happens next."),
    ),
    "late.done": Words(
        _("Your payment came late"),
        _("%(paid)s arrived after the time was up. The money is not lost: it is in the shop's own wallet."),
        _("Please ask the shop what happens next, and do not pay again."),
    ),
    "replaced.done": Words(
        _("Your wallet raised the fee"),
        _("Transaction %(txid)s took the place of %(old)s, for the same %(amount)s."),
        _("Only the new one counts."),
    ),
    "replaced.changed": Words(
        _("Your wallet replaced the payment"),
        _("Transaction %(txid)s with %(amount)s took the place of %(old)s."),
        _("Only the new one counts."),
    ),
    "double_spent.done": _GONE,
    "double_spent.unnamed": _GONE,
    "evicted.done": Words(
        _("The network is slow to take your payment"),
        _("Transaction %(txid)s offers a low fee, and the shop's computer no longer has it in its waiting room."),
        _("It may still be confirmed; many wallets can raise the fee. Please do not pay a second time."),
    ),
    "confirmations.no_block": Words(
        _("Waiting for a block"),
        _("Miners have not yet put your payment into a block."),
        _("A block comes every ten minutes on average, but an hour is nothing unusual. You need not wait here."),
    ),
    "confirmations.in_block": Words(
        _("Blocks bury your payment"),
        _("Block %(height)s has it. Confirmations so far: %(have)s of %(need)s."),
        _("Each further block makes it harder to undo."),
    ),
    "confirmations.done": Words(
        _("Your payment is confirmed"),
        _("Block %(height)s has it. Confirmations: %(have)s."),
        _("That is as many as the shop asks for."),
    ),
    "confirmations.then": Words(
        _("Your payment was confirmed"),
        _("It had as many confirmations as the shop asks for: %(need)s."),
        _("The chain has been rebuilt since, which is told below."),
    ),
    "confirmations.waiting": Words(
        _("Blocks confirm it"),
        _("Miners put the payment into a block, and further blocks go on top."),
        _("The shop decides how many of them it waits for."),
    ),
    "reorged.done": _REORG,
    "reorged.again": _REORG,
    "reorged.settled": _REORG,
    "returned.settled": Words(
        _("Your payment is in a block again"),
        _("The network has settled on a chain that has it."),
        _("You need not do anything."),
    ),
    "unconfirmed.done": Words(
        _("The payment was not confirmed"),
        _("No block took it in time."),
        _("Please ask the shop what happens next, and do not pay again."),
    ),
    "settled.done": _SETTLED,
    "settled.free": _SETTLED,
    "settled.waiting": Words(
        _("The payment is final"),
        _("When enough blocks lie on it, nobody can take it back."),
        _("The shop is told by itself."),
    ),
    "marked.settled": _MARKED_SETTLED,
    "marked.settled_by": _MARKED_SETTLED,
    "marked.invalid": _MARKED_INVALID,
    "marked.invalid_by": _MARKED_INVALID,
    "bridged.closed": _MARKED_INVALID,
}
