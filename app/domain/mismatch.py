"""What a shop and the chain can disagree about, in words for a merchant, and what a person may do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """What the board offers. Each asks first, and each is noted with who did it."""

    REFUND = "refund"  # make a refund of the invoice
    MARK_SETTLED = "mark_settled"  # accept the money: the invoice becomes Settled, the order follows by the table
    PAY_ORDER = "pay_order"  # set the shop's order to paid, because a person says so
    LOOK_AGAIN = "look_again"  # read the order now
    LEAVE = "leave"  # leave both as they are; the matter is closed


class MismatchKind(StrEnum):
    """What is wrong."""

    PAID_HERE_NOT_THERE = "paid_here_not_there"
    PAID_THERE_NOT_HERE = "paid_there_not_here"
    NEVER_CONFIRMED = "never_confirmed"
    WAITS_IN_VAIN = "waits_in_vain"
    WROTE_IN_VAIN = "wrote_in_vain"
    LOST_PAYMENT = "lost_payment"
    LATE = "late"
    SHORT = "short"
    DOUBLE_PAYMENT = "double_payment"
    SUPERSEDED = "superseded"
    AMOUNT = "amount"
    CURRENCY = "currency"
    GATEWAY = "gateway"
    DELETED = "deleted"
    TRASHED = "trashed"
    REUSED_ID = "reused_id"
    UNPROVEN = "unproven"
    REFUNDED = "refunded"
    GIVEN_BACK = "given_back"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    DECIDED_BY_PERSON = "decided_by_person"
    OUT_OF_STOCK = "out_of_stock"
    PUT_BACK = "put_back"
    PAID_DRAFT = "paid_draft"
    UNKNOWN_STATUS = "unknown_status"
    NO_ANSWER = "no_answer"

    @property
    def told(self) -> "Told":
        return KINDS[self]

    @property
    def is_loud(self) -> bool:
        """Goods may leave without money: shown first, and in red."""
        return self in (MismatchKind.PAID_THERE_NOT_HERE, MismatchKind.LOST_PAYMENT)


@dataclass(frozen=True)
class Told:
    """A kind for a merchant: a title, the cause in two sentences, and what may be done."""

    title: str
    cause: str
    remedies: tuple[Remedy, ...]


_CLOSE = (Remedy.LOOK_AGAIN, Remedy.LEAVE)
_PAY = (Remedy.PAY_ORDER, Remedy.REFUND, *_CLOSE)
_ACCEPT = (Remedy.MARK_SETTLED, Remedy.REFUND, *_CLOSE)
_BACK = (Remedy.REFUND, *_CLOSE)

KINDS = {
    MismatchKind.PAID_HERE_NOT_THERE: Told(
        "Paid here, not in the shop",
        "The payment has settled, but the shop's order does not show it. Sattle could not set it to paid by itself.",
        _PAY,
    ),
    MismatchKind.PAID_THERE_NOT_HERE: Told(
        "Paid in the shop, not here",
        "The shop's order counts as paid, but the money for it is not on the chain. Do not send the goods before you"
        " know how this order was paid.",
        _CLOSE,
    ),
    MismatchKind.NEVER_CONFIRMED: Told(
        "The payment never confirmed",
        "A payment was seen, but no block took it in and the invoice became invalid. The order still waits for it.",
        _ACCEPT,
    ),
    MismatchKind.WAITS_IN_VAIN: Told(
        "The order waits for money that will not come",
        "The order is on hold as if a payment were on its way. The invoice ran out and nothing was paid to it.",
        _CLOSE,
    ),
    MismatchKind.WROTE_IN_VAIN: Told(
        "The order does not take its status",
        "Sattle wanted to set the order on hold for a payment that waits for the blockchain, or to cancel it since its"
        " invoice ran out. The shop did not do it. Nothing has settled: do not send the goods for it.",
        _CLOSE,
    ),
    MismatchKind.LOST_PAYMENT: Told(
        "A settled payment was lost",
        "The chain took back a payment that had settled, so the money is gone for now. The shop was told before that"
        " the order is paid: hold the goods if you still can.",
        _CLOSE,
    ),
    MismatchKind.LATE: Told(
        "Paid late",
        "The full amount arrived after the time to pay had run out. Accept it at the old rate, or send it back.",
        _ACCEPT,
    ),
    MismatchKind.SHORT: Told(
        "Paid in part",
        "Some money arrived, but less than the invoice asked for, and the time to pay has run out. Accept it as it is,"
        " or send it back.",
        _ACCEPT,
    ),
    MismatchKind.DOUBLE_PAYMENT: Told(
        "Paid twice",
        "The order is paid already, by other means or by another invoice. The money of this invoice is yours to send"
        " back.",
        _BACK,
    ),
    MismatchKind.SUPERSEDED: Told(
        "Money for an older invoice",
        "The customer got a second invoice for the same order and paid the first one. The shop only looks at the newer"
        " one.",
        _PAY,
    ),
    MismatchKind.AMOUNT: Told(
        "The amounts differ",
        "The order's total is no longer what the invoice asked for. Somebody changed the order after the customer was"
        " sent to pay.",
        _PAY,
    ),
    MismatchKind.CURRENCY: Told(
        "The currencies differ",
        "The order is in another currency than the invoice. Amounts of two currencies cannot be compared.",
        _PAY,
    ),
    MismatchKind.GATEWAY: Told(
        "The customer chose another way to pay",
        "The order has been switched to another payment method, and bitcoin arrived all the same. The shop's plugin"
        " leaves such an order alone.",
        _BACK,
    ),
    MismatchKind.DELETED: Told(
        "The order is gone",
        "The shop has no order with this id any more: somebody deleted it for good. The money stays with the invoice.",
        _BACK,
    ),
    MismatchKind.TRASHED: Told(
        "The order is in the trash",
        "Somebody moved the order to the trash, and it has money. Restore it in the shop first if it is to be sent.",
        _BACK,
    ),
    MismatchKind.REUSED_ID: Told(
        "Another order has this id",
        "The order under this id is not the one that was paid: the shop was restored from a backup or installed anew."
        " Sattle leaves the other customer's order alone.",
        _BACK,
    ),
    MismatchKind.UNPROVEN: Told(
        "The order cannot be proved to be the invoice's",
        "Neither the order's key nor the plugin's note on it ties it to this invoice. Compare the two before you act.",
        _PAY,
    ),
    MismatchKind.REFUNDED: Told(
        "The order was refunded",
        "The shop has noted a refund, but no refund was made here. The customer's bitcoin is still in your wallet.",
        _BACK,
    ),
    MismatchKind.GIVEN_BACK: Told(
        "Paid, and a refund was made",
        "The payment settled and somebody made a refund of it here, while the order still waits for money. Set the"
        " order to paid if only a part was given back; else cancel it in the shop.",
        (Remedy.PAY_ORDER, *_CLOSE),
    ),
    MismatchKind.CANCELLED_BY_PERSON: Told(
        "Cancelled by a person, then paid",
        "Somebody in the shop cancelled the order, then its payment settled. Sattle does not undo what people decide.",
        _PAY,
    ),
    MismatchKind.DECIDED_BY_PERSON: Told(
        "A person set this status",
        "Somebody in the shop set the order to where it is, and its payment arrived. Sattle does not undo what a person"
        " decided.",
        _PAY,
    ),
    MismatchKind.OUT_OF_STOCK: Told(
        "Paid, but sold out",
        "The shop gave the order up before its payment settled, and its goods have been sold since. Setting it to paid"
        " would sell more than there is.",
        _PAY,
    ),
    MismatchKind.PUT_BACK: Told(
        "Paid once, then put back",
        "The order has a date of payment, but its status says that it waits for one. An old page in wp-admin that was"
        " saved again does this.",
        _PAY,
    ),
    MismatchKind.PAID_DRAFT: Told(
        "Paid before the order was placed",
        "The order was still a draft of the checkout when its payment settled, and was set to paid. WooCommerce sends"
        " no mails for such an order: tell the customer yourself.",
        _CLOSE,
    ),
    MismatchKind.UNKNOWN_STATUS: Told(
        "A status that Sattle does not know",
        "The order has a status that a plugin of your shop made. What it means for a payment is yours to say.",
        _PAY,
    ),
    MismatchKind.NO_ANSWER: Told(
        "The shop does not answer",
        "The order could not be read for a long time, so nobody knows whether it agrees. Sattle keeps trying.",
        _CLOSE,
    ),
}
