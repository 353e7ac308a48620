"""What a buyer reads, in the public story. A step that has no words here is not told to buyers at all.

`_` marks a text for the catalogues; the page translates it when it is shown. Where the checkout says the same, the
words are the same, and are translated once.
"""

from collections.abc import Mapping

from app.domain.story.steps import Actor
from app.domain.story.text import Words


def _(text: str) -> str:
    return text


BUYER_ACTORS: Mapping[Actor, str] = {
    Actor.BUYER: _("You"),
    Actor.SHOP: _("Shop"),
    Actor.SATTLE: "Sattle",
    Actor.NETWORK: _("Bitcoin network"),
    Actor.NODE: _("Shop’s node"),
    Actor.WALLET: _("Shop’s wallet"),
}
"""Who takes part, as buyers know them."""

_TIME_IS_UP = _("The time is up")
_NOTHING_TO_DO = _("You need not do anything.")
_ASK = _("Please do not pay any more and ask the shop.")
_FINAL = _("The payment is final")
_SEEN_BY_SHOP = _("The shop’s node sees your payment")

_ORDER = Words(
    _("You place an order"),
    _("%(store)s asks for a payment of its own for it: one amount, one address, one deadline."),
)
_RATE = Words(
    _("The exchange rate is fixed"),
    _("One bitcoin was %(rate)s, so %(price)s became %(total)s. This holds until the deadline."),
)
_ADDRESS = Words(
    _("An address is made for you alone"),
    _("It belongs to the shop’s own wallet. That is how the shop knows whose payment it is."),
)
_PAGE = Words(
    _("You get the payment page"),
    _("Your wallet reads the amount and the address from its code."),
)
_NODE = Words(
    _SEEN_BY_SHOP,
    _("It has checked it by the rules of the network. The payment is not final before it is in a block."),
)
_SEEN = Words(
    _("Your payment is recognised"),
    _("%(amount)s arrived at the address that was made for you."),
)
_REPLACED = _("The new transaction has taken the place of the old one. Only the new one counts.")
_GONE = Words(
    _("This payment was withdrawn"),
    _("Its coins were spent otherwise, so it no longer counts."),
    _("If that was not you, look into your wallet and ask the shop before you pay again."),
)
_REORG = Words(
    _("The network changed its mind"),
    _(
        "The block with your payment was replaced, which happens from time to time. Mostly the payment is in one of "
        "the next blocks."
    ),
    _NOTHING_TO_DO,
)
_MARKED_SETTLED = Words(_("The shop accepted the order"), _("The shop has marked this order as paid."))
_MARKED_INVALID = Words(
    _("This payment is not accepted"),
    _("The shop closed it, or a newer payment page for the same order has taken its place."),
    _ASK,
)

BUYER_WORDS: Mapping[str, Words] = {
    "shop.done": _ORDER,
    "shop.no_order": _ORDER,
    "shop.no_price": _ORDER,
    "sattle.done": Words(
        _("Sattle prepares the payment"),
        _("The shop runs it to watch for payments. It can see the shop’s money, but it cannot spend it."),
    ),
    "rate.done": _RATE,
    "rate.fixed": _RATE,
    "address.done": _ADDRESS,
    "address.given": _ADDRESS,
    "checkout.done": _PAGE,
    "checkout.no_price": _PAGE,
    "network.now": Words(
        _("Waiting for your payment"),
        _("Let your wallet send %(total)s to the address on the payment page."),
    ),
    "network.now_no_price": Words(
        _("Waiting for your payment"),
        _("Let your wallet send any amount to the address on the payment page."),
    ),
    "network.closing": Words(
        _TIME_IS_UP,
        _("We are checking whether a payment is still on its way. If you have not paid yet, please do not pay now."),
    ),
    "network.done": Words(
        _("Your wallet pays"),
        _(
            "It handed %(amount)s to the Bitcoin network, where thousands of computers pass it on. No bank stands in "
            "between."
        ),
    ),
    "node.done": _NODE,
    "node.replaceable": _NODE,
    "node.coinbase": _NODE,
    "node.waiting": Words(_SEEN_BY_SHOP, _("That takes a few seconds. You need not send anybody a message.")),
    "explorer.done": _SEEN,
    "explorer.at_once": _SEEN,
    "more.done": Words(
        _("Another payment arrives"),
        _("It brought %(amount)s to the same address. Your payments are added up."),
    ),
    "invoice.done": Words(_("All of it has arrived"), _("%(paid)s arrived. The shop is told automatically.")),
    "invoice.fell": Words(
        _("A payment is missing again"),
        _("A payment that had counted was dropped or replaced; what counts now is %(paid)s."),
        _("Please look into your wallet before you pay again."),
    ),
    "partial.now": Words(
        _("Part of it has arrived"),
        _(
            "%(paid)s of %(total)s arrived. Your wallet or exchange probably took its fee from the amount: please send "
            "the rest, %(due)s, to the same address."
        ),
    ),
    "partial.done": Words(_("Part of it has arrived"), _("At first it was %(paid)s of %(total)s.")),
    "partial.expired": Words(
        _("Too little arrived"),
        _(
            "%(paid)s of %(total)s arrived, which was not enough in time. The money is in the shop’s wallet and the "
            "shop can see it. Please ask the shop what happens next."
        ),
    ),
    "overpaid.done": Words(
        _("You paid too much"),
        _("That is %(amount)s more than was asked for. Please ask the shop about the difference."),
    ),
    "expired.done": Words(
        _TIME_IS_UP,
        _("Nothing arrived in time."),
        _("Please do not pay any more: ask the shop for a new payment request."),
    ),
    "expired.partly": Words(_TIME_IS_UP, _ASK),
    "expired.gone": Words(
        _TIME_IS_UP,
        _("The payment that had been seen was taken back before a block had it."),
        _ASK,
    ),
    "late.done": Words(
        _("Your payment came late"),
        _(
            "%(paid)s arrived after the time was up. The money is not lost: it went to the shop’s own wallet, where "
            "the shop can see it. Please ask the shop what happens next, and do not pay again."
        ),
    ),
    "replaced.done": Words(_("Your wallet raised the fee"), _REPLACED),
    "replaced.changed": Words(_("Your wallet replaced the payment"), _REPLACED),
    "double_spent.done": _GONE,
    "double_spent.unnamed": _GONE,
    "evicted.done": Words(
        _("The network is slow to take your payment"),
        _("Its fee is low. It may still be confirmed, and many wallets can raise the fee."),
        _("Please do not pay a second time."),
    ),
    "confirmations.waiting": Words(
        _("Blocks confirm your payment"),
        _("Miners put it into a block, and further blocks go on top. The shop decides how many of them it waits for."),
    ),
    "confirmations.no_block": Words(
        _("Waiting for a block"),
        _("A block comes every ten minutes on average, but an hour is nothing unusual."),
    ),
    "confirmations.in_block": Words(
        _("Your payment is in a block"),
        _("Each further block on top makes it harder to undo."),
    ),
    "confirmations.done": Words(
        _("Your payment is confirmed"),
        _("As many blocks confirm it as the shop asks for."),
    ),
    "reorged.done": _REORG,
    "reorged.again": _REORG,
    "reorged.settled": _REORG,
    "returned.settled": Words(_("Your payment is in a block again"), _NOTHING_TO_DO),
    "unconfirmed.done": Words(
        _("No block took your payment"),
        _("The payment was not confirmed in time."),
        _ASK,
    ),
    "settled.waiting": Words(_FINAL, _("When enough blocks confirm it, nobody can take it back.")),
    "settled.done": Words(_FINAL, _("It belongs to the shop, and your order goes on.")),
    "settled.free": Words(_("Nothing to pay"), _("This order costs nothing. The shop is told automatically.")),
    "marked.settled": _MARKED_SETTLED,
    "marked.settled_by": _MARKED_SETTLED,
    "marked.invalid": _MARKED_INVALID,
    "marked.invalid_by": _MARKED_INVALID,
    "bridged.closed": _MARKED_INVALID,
}
