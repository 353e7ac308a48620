"""What a merchant reads of confirmations, of the end of an invoice, and of how the shop is told."""

from collections.abc import Mapping

from app.domain.story.text import Words

WORDS: Mapping[str, Words] = {
    # burying it
    "confirmations.no_block": Words(
        "Waiting for a block",
        "Miners have not yet put transaction %(txid)s into a block; your store asks for %(need)s (%(policy)s).",
        "A block comes every ten minutes on average, but an hour is nothing unusual, and a low fee waits longer.",
    ),
    "confirmations.in_block": Words(
        "Blocks bury the payment",
        "Block %(height)s has it: %(have)s of the %(need)s confirmations that your store asks for (%(policy)s).",
        "Each further block makes it harder to undo; one comes every ten minutes on average.",
    ),
    "confirmations.done": Words(
        "The payment is buried deep enough",
        "Block %(height)s has it; confirmations: %(have)s, and your store asks for %(need)s (%(policy)s).",
        "Your node confirmed this very output once more before Sattle counted it as final.",
    ),
    "confirmations.then": Words(
        "The payment was buried deep enough",
        "It had the confirmations that your store asks for: %(need)s (%(policy)s).",
        "The chain has been rebuilt since, which is told below.",
    ),
    "confirmations.none_needed": Words(
        "No confirmation is asked for",
        "Your store ships on sight (%(policy)s), so it did not wait for a block.",
        "That is quick, and right for small sums only: before the first block a payment can be taken back.",
    ),
    "confirmations.waiting": Words(
        "Blocks bury the payment",
        "Miners put the payment into a block, and further blocks go on top.",
        "The deeper it lies, the harder it is to undo.",
    ),
    "confirmations.never": Words(
        "No payment to bury", "No payment counts for this invoice.", "No block is waited for."
    ),
    "confirmations.free": Words("No confirmation is needed", "There is nothing to pay.", "No block is waited for."),
    "reorged.done": Words(
        "The block was replaced",
        "The network agreed on another chain, without the block that held %(txid)s with %(amount)s.",
        "Short reorganisations are part of Bitcoin; mostly the payment is in one of the next blocks.",
    ),
    "reorged.again": Words(
        "The block was replaced",
        "The network agreed on another chain, without the block that held %(txid)s with %(amount)s.",
        "The invoice had been settled with it: hold the goods back until a block has it again.",
    ),
    "reorged.settled": Words(
        "The chain took a settled payment back",
        "A block or a transaction that the invoice had been settled with is no longer in the chain.",
        "Sattle never un-settles an invoice behind your back: it raises an alarm, and you decide.",
    ),
    "returned.settled": Words(
        "The payment is back in the chain",
        "A block has the payment again, as deep as your store asks for.",
        "The alarm stays on show until a person has seen it.",
    ),
    "unconfirmed.done": Words(
        "The payment was never confirmed",
        "Until %(deadline)s no block had buried it deep enough, so the invoice became Invalid.",
        "Do not ship; if it confirms after all, you can mark the invoice settled.",
    ),
    "settled.done": Words(
        "Settled",
        "Since %(time)s the invoice is settled: %(paid)s belong to your wallet, and only your keys can move them.",
        "Sattle watches the payment until 100 blocks lie on it, and raises an alarm should the chain take it back.",
    ),
    "settled.free": Words("Settled", "Nothing was to be paid.", "So the invoice was settled as it was made."),
    "settled.waiting": Words(
        "Settled",
        "When enough blocks lie on the payment, the invoice is final.",
        "Only then is the money called yours.",
    ),
    "settled.never": Words(
        "Not settled",
        "The payments did not settle this invoice.",
        "What arrived all the same is in your wallet.",
    ),
    "settled.marked": Words(
        "Not settled by the chain",
        "A person decided about this invoice.",
        "What the chain says is told above, unchanged.",
    ),
    "marked.settled": Words(
        "Marked as settled",
        "Somebody with access to this store marked the invoice as settled.",
        "The shop is told like after any payment; Sattle never undoes a person's decision.",
    ),
    "marked.settled_by": Words(
        "Marked as settled",
        "%(by)s marked the invoice as settled.",
        "The shop is told like after any payment; Sattle never undoes a person's decision.",
    ),
    "marked.invalid": Words(
        "Marked as invalid",
        "Somebody with access to this store marked the invoice as invalid, or the shop gave it up for a newer one.",
        "The shop is told; money that arrives all the same is shown to you.",
    ),
    "marked.invalid_by": Words(
        "Marked as invalid",
        "%(by)s marked the invoice as invalid.",
        "The shop is told; money that arrives all the same is shown to you.",
    ),
    # the shop
    "told.done": Words(
        "The shop is told of the payment",
        "Sattle wrote to %(host)s that a payment was seen.",
        "The message was stored together with the payment, so it cannot be forgotten, and it is repeated if need be.",
    ),
    "told.now": Words(
        "The shop is being told of the payment",
        "A message to %(host)s is written and about to be sent.",
        "It is repeated for three days if the shop does not answer.",
    ),
    "told.superseded": Words(
        "The message was overtaken",
        "Before %(host)s was told of the payment, there was newer news.",
        "Old news arriving late could turn the order back, so it was not sent.",
    ),
    "told.unasked": Words(
        "The shop did not ask to be told yet",
        "No address was named for news at this moment.",
        "Some shops want to hear of settled invoices only, others ask by themselves.",
    ),
    "told.waiting": Words(
        "The shop is told of the payment",
        "As soon as the payment is seen, a message goes to the shop.",
        "It is stored with the payment and repeated until the shop answers.",
    ),
    "told.never": Words("No payment to tell of", "No payment paid this invoice in time.", "So none was announced."),
    "order.done": Words(
        "The shop moves the order",
        "%(host)s took the message well; its plugin sets order %(order)s to “on hold”: seen, not yet safe.",
        "A good answer is a receipt and no proof, so look at the order once if something seems odd.",
    ),
    "order.noted": Words(
        "The shop takes note",
        "%(host)s took the message about order %(order)s well, and its plugin writes it into the order's notes.",
        "A good answer is a receipt and no proof, so look at the order once if something seems odd.",
    ),
    "order.waiting": Words(
        "The shop moves the order",
        "When it has the message, the shop's plugin asks Sattle for the invoice and sets the order to “on hold”.",
        "That reserves the goods.",
    ),
    "order.unknown": Words(
        "The order may lag behind",
        "%(host)s did not take the message about order %(order)s.",
        "Look at the order in the shop.",
    ),
    "order.unasked": Words(
        "The order has not been moved by Sattle",
        "The shop was not told, as it did not ask to be.",
        "It may have looked by itself.",
    ),
    "order.never": Words("The order was not moved", "No payment was announced.", "The shop had nothing to do."),
    "ship.done": Words(
        "Ready to ship",
        "%(host)s was told that order %(order)s is settled and took it well; its plugin sets it to “processing”.",
        "From here on it is an order like any other: pack it.",
    ),
    "ship.marked": Words(
        "Ready to ship",
        "%(host)s was told of the decision about order %(order)s and took it well.",
        "From here on it is an order like any other: pack it.",
    ),
    "ship.bridged": Words(
        "Ready to ship",
        "The shop's plugin did not move order %(order)s, so Sattle set it to paid over the shop's REST API.",
        "From here on it is an order like any other: pack it.",
    ),
    "ship.disagrees": Words(
        "Settled, but the order does not agree",
        "The money is there, and order %(order)s in the shop is not as it should be.",
        "Do not pack it before you have seen to what stands below.",
    ),
    "ship.taken_back": Words(
        "Settled, and then taken back",
        "The chain took back the payment for order %(order)s: for now the money is gone.",
        "Hold the goods back until you have seen to what stands below.",
    ),
    "ship.seen_to": Words(
        "Settled, and seen to by hand",
        "What the shop and this invoice disagreed about has been settled, so the shop is not told any more.",
        "Look at order %(order)s in the shop before you pack it.",
    ),
    "ship.unasked": Words(
        "Ready to ship",
        "The invoice is settled. The shop named no address for news, so nobody was told.",
        "Look at order %(order)s in the shop before you pack it.",
    ),
    "ship.now": Words(
        "The shop is being told: ready to ship",
        "The invoice is settled, and a message to %(host)s is on its way.",
        "It is repeated for three days if the shop does not answer.",
    ),
    "ship.unknown": Words(
        "Settled, but the shop does not know",
        "%(host)s did not take the message that order %(order)s is settled.",
        "The money is there: set the order to paid by hand, or redeliver the message.",
    ),
    "ship.waiting": Words(
        "Ready to ship",
        "When the invoice is settled, the shop is told, and the order can be packed.",
        "Until then, hold the goods back.",
    ),
    "ship.never": Words("Nothing to ship", "This invoice is not settled.", "The goods stay where they are."),
    "retried.done": Words(
        "The shop could not be reached at first",
        "Tries that failed: %(tries)s, the last of them with %(why)s from %(host)s.",
        "Sattle kept trying until the message was taken; nothing was lost.",
    ),
    "retried.again": Words(
        "The shop cannot be reached",
        "Tries that failed so far: %(tries)s, the last of them with %(why)s from %(host)s.",
        "The next one is due at %(next)s; a firewall or a security plugin is the usual reason.",
    ),
    "retried.lost": Words(
        "The shop was not reached",
        "Tries that failed: %(tries)s, the last of them with %(why)s from %(host)s, and there will be no more.",
        "Mend what refuses them, then redeliver the message from the invoice's page.",
    ),
    "refund.offered": Words(
        "A refund is offered",
        "%(amount)s are offered back by a link.",
        "The buyer names an address there; nothing leaves your wallet before you send it yourself.",
    ),
    "refund.claimed": Words(
        "A refund is claimed",
        "%(amount)s were offered back, and an address was named for them.",
        "Approve the payout and send it from your own wallet: Sattle cannot spend.",
    ),
    "refund.paid": Words(
        "A refund is on its way",
        "Of the %(amount)s offered back, %(sum)s were sent from your wallet.",
        "Sattle found that payment on the chain by its address and its amount.",
    ),
}
