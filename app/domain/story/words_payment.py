"""What a merchant reads of the payment on its way, and of what it means for the invoice."""

from collections.abc import Mapping

from app.domain.story.text import Words

WORDS: Mapping[str, Words] = {
    # the payment
    "network.now": Words(
        "Waiting for the buyer's wallet",
        "The buyer's wallet must sign a payment of %(total)s and hand it to the Bitcoin network.",
        "Nobody can do that in the buyer's place; %(left)s are left.",
    ),
    "network.now_no_price": Words(
        "Waiting for the buyer's wallet",
        "The buyer's wallet must sign a payment of any amount and hand it to the Bitcoin network.",
        "Nobody can do that in the buyer's place; %(left)s are left.",
    ),
    "network.closing": Words(
        "The time is up, and a last look is taken",
        "No payment of %(total)s has been seen.",
        "Before the invoice expires, Sattle makes sure that the node has really seen everything up to the deadline.",
    ),
    "network.done": Words(
        "The buyer's wallet pays",
        "It signed transaction %(txid)s with %(amount)s for this invoice and handed it to the Bitcoin network.",
        "Thousands of computers pass it on from here; the money goes through no hands but the buyer's and yours.",
    ),
    "network.waiting": Words("The buyer's wallet pays", "Not yet.", "First the payment page must be opened."),
    "network.never": Words(
        "No payment came",
        "No wallet sent anything to this invoice's address.",
        "The address is still watched: if money comes after all, you are told.",
    ),
    "network.free": Words("Nothing to pay", "No wallet has anything to do.", "The network is not asked."),
    "node.done": Words(
        "Your node knows the payment",
        "Your own Bitcoin node knew transaction %(txid)s at %(time)s, having checked it by the network's rules.",
        "In no block yet, such a payment is a promise: seen, but not safe.",
    ),
    "node.replaceable": Words(
        "Your node knows the payment",
        "Your own Bitcoin node knew transaction %(txid)s at %(time)s, having checked it by the network's rules.",
        "The sender may still replace it, to pay a higher fee or somebody else: seen, but not safe before a block.",
    ),
    "node.coinbase": Words(
        "A miner paid from a fresh block reward",
        "Your node saw transaction %(txid)s in a block at %(time)s.",
        "Such coins cannot be moved for 100 blocks, so Sattle waits that long.",
    ),
    "node.waiting": Words(
        "Your node hears of it",
        "Your own Bitcoin node will check the payment by the network's rules.",
        "That usually takes seconds, and no other company is asked.",
    ),
    "node.never": Words("Your node heard of nothing", "No payment came.", "There was nothing to check."),
    "node.free": Words("The node is not needed", "There is nothing to pay.", "There is nothing to look for."),
    "explorer.done": Words(
        "Sattle recognises the payment",
        "After %(delay)s Sattle had found %(amount)s for %(address)s and written it down.",
        "It goes by the address alone, and each output counts once, for one invoice.",
    ),
    "explorer.at_once": Words(
        "Sattle recognises the payment",
        "Within a second Sattle had found %(amount)s for %(address)s and written it down.",
        "It goes by the address alone, and each output counts once, for one invoice.",
    ),
    "explorer.waiting": Words(
        "Sattle recognises the payment",
        "Sattle compares what your node sees with the addresses it has given out.",
        "A match is written down at once; a signal that gets lost is made up for by the next look.",
    ),
    "explorer.never": Words("Nothing to recognise", "No payment came.", "The address goes on being watched."),
    "explorer.free": Words("Nothing to recognise", "There is nothing to pay.", "No address is watched."),
    "more.done": Words(
        "Another payment arrives",
        "Transaction %(txid)s brought %(amount)s to the same address.",
        "All payments of an invoice are added up.",
    ),
    # what it means
    "invoice.done": Words(
        "The invoice counts as paid",
        "%(paid)s of %(total)s had been seen in time, so the invoice went from New to Processing.",
        "The goods can be set aside, but should not leave the house yet.",
    ),
    "invoice.fell": Words(
        "The payment that counted is gone",
        "The invoice had counted as paid until the network dropped or replaced a payment: %(paid)s are left.",
        "Do not ship: as it stands, %(due)s are missing.",
    ),
    "invoice.waiting": Words(
        "The invoice counts as paid",
        "That happens once %(total)s have been seen before the deadline.",
        "So far it is %(paid)s.",
    ),
    "invoice.never": Words(
        "The invoice was not paid in time",
        "The deadline passed before %(total)s had been seen.",
        "What comes later never opens an invoice by itself; that is for you to decide.",
    ),
    "invoice.decided": Words(
        "A person decided first",
        "The invoice was marked by hand before %(total)s had been seen in time.",
        "What the chain says changes nothing about that decision.",
    ),
    "invoice.free": Words("The invoice counts as paid", "Nothing was asked for.", "Nothing is missing."),
    "partial.now": Words(
        "A part is missing",
        "%(paid)s of %(total)s arrived, so %(due)s are missing; often an exchange took its fee from it.",
        "The page asks the buyer for the rest, to the same address, before %(deadline)s.",
    ),
    "partial.done": Words(
        "A part was missing",
        "%(paid)s of %(total)s had arrived, so %(due)s were missing; often an exchange took its fee from it.",
        "The page asked the buyer for the rest, to the same address.",
    ),
    "partial.expired": Words(
        "Too little arrived",
        "%(paid)s of %(total)s arrived, and %(due)s are missing.",
        "The money is in your wallet: accept it by marking the invoice settled, or give it back.",
    ),
    "overpaid.done": Words(
        "The buyer paid too much",
        "%(paid)s arrived for %(total)s: %(amount)s more than was asked for.",
        "The order can go ahead; whether to give the difference back is up to you.",
    ),
    "expired.done": Words(
        "The time is up",
        "Nothing arrived by %(deadline)s, so the invoice expired and the shop can free the goods.",
        "The address is watched for good: a payment that comes after all is shown to you.",
    ),
    "expired.gone": Words(
        "The time is up",
        "A payment had been seen, but it was taken back, and by %(deadline)s nothing was left of it.",
        "The invoice expired; the address is watched for good, and a payment that comes after all is shown to you.",
    ),
    "expired.partly": Words(
        "The time is up",
        "Less than %(total)s had arrived by %(deadline)s, so the invoice expired.",
        "What did arrive is in your wallet, and what becomes of it is for you to decide.",
    ),
    "late.done": Words(
        "The payment came late",
        "%(paid)s arrived after %(deadline)s: the money is in your wallet, but the invoice stays expired.",
        "Compare today's rate, then mark the invoice settled and ship, or offer the money back.",
    ),
    "replaced.done": Words(
        "The buyer raised the fee",
        "Transaction %(txid)s took the place of %(old)s: the same %(amount)s for you, more for the miners.",
        "This is how a stuck payment is sped up; only the new one counts, so nothing is counted twice.",
    ),
    "replaced.changed": Words(
        "The buyer replaced the payment",
        "Transaction %(txid)s took the place of %(old)s: %(amount)s for you instead of %(before)s.",
        "Only the new one counts.",
    ),
    "double_spent.done": Words(
        "The payment was taken back",
        "The coins of %(txid)s (%(amount)s) were spent by transaction %(rival)s, which does not pay you this amount.",
        "It no longer counts. This is why goods wait for a block.",
    ),
    "double_spent.unnamed": Words(
        "The payment cannot confirm any more",
        "The coins of %(txid)s (%(amount)s) were spent otherwise; your node did not say by which transaction.",
        "It no longer counts. This is why goods wait for a block.",
    ),
    "evicted.done": Words(
        "Your node has let go of the payment",
        "Transaction %(txid)s with %(amount)s is no longer in your node's waiting room, mostly because its fee is low.",
        "It may still be mined, and Sattle offers it to the network again; do not ship before a block has it.",
    ),
}
