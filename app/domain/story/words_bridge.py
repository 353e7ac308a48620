"""What a merchant reads of the order as it was read back from the shop."""

from collections.abc import Mapping

from app.domain.story.text import Words

WORDS: Mapping[str, Words] = {
    "bridged.paid": Words(
        "Sattle sets the order to paid",
        "Order %(order)s did not show its payment, although the shop's plugin had had its chance.",
        "Sattle read it, made sure that it is the right one and unpaid, and set it to paid over the shop's REST API.",
    ),
    "bridged.held": Words(
        "The order is put on hold",
        "The payment was seen, and order %(order)s waited as if there were none.",
        "On hold, the shop does not cancel it for want of payment while a block is waited for.",
    ),
    "bridged.cancelled": Words(
        "The order is cancelled",
        "Nothing was paid in time, and this store wants orders cancelled then.",
        "Order %(order)s gives its goods back to the shop's stock.",
    ),
    "bridged.refused": Words(
        "The shop did not change the order",
        "Sattle wrote to order %(order)s, and it stayed as it was.",
        "It is tried once more, and then a person is asked.",
    ),
    "bridged.writing": Words(
        "Sattle writes to the order",
        "Order %(order)s is being changed over the shop's REST API.",
        "It is read again afterwards, to see what became of it.",
    ),
    "bridged.told_again": Words(
        "The shop is told once more",
        "Order %(order)s did not follow what the shop had been told.",
        "So its plugin was told again, before anything is written by force.",
    ),
    "bridged.closed": Words(
        "The invoice is closed",
        "Order %(order)s needs no payment any more: it was paid otherwise, or somebody cancelled it.",
        "Nobody shall pay for a dead order; the shop is not told, since its plugin would set the order failed.",
    ),
    "bridged.agrees": Words(
        "Shop and chain agree",
        "Sattle read order %(order)s back from the shop and compared it with the chain.",
        "Both say the same, so there is nothing left to watch.",
    ),
    "mismatch.open": Words(
        "The order does not agree",
        "Sattle read order %(order)s back: %(what)s.",
        "It may not settle this by itself; the page of mismatches shows both sides and what can be done.",
    ),
    "mismatch.agreed": Words(
        "Order and invoice agree again",
        "This was found: %(what)s.",
        "Order %(order)s and its invoice have come to agree since, without anybody's doing here.",
    ),
    "mismatch.seen_to": Words(
        "A person settles the disagreement",
        "This was found about order %(order)s: %(what)s.",
        "%(by)s has seen to it, and it is not brought up again.",
    ),
}
