"""The action table: what is done where an invoice's state (column) meets an order as read (row).

It says what may be done at most. A write passes the guards first, and money for another invoice of the same order is
judged before the table is asked.
"""

from enum import Enum, StrEnum, auto


class Column(Enum):
    """The state of an invoice, as far as its order is concerned."""

    NEW = auto()
    PROCESSING = auto()  # paid in full, not buried yet
    SETTLED = auto()  # by the chain or by a person
    EXPIRED = auto()  # with nothing
    SHORT = auto()  # over, with less than was asked for
    LATE = auto()  # over, and then paid in full
    INVALID = auto()  # money was seen and did not stay
    CLOSED = auto()  # invalid, and nothing was ever seen: the shop or the bridge gave it up
    LOST = auto()  # settled, and the chain took it back


class Row(StrEnum):
    """Where an order stands. Later conditions give way to earlier ones: gone, reused, trash, refunded, …"""

    GONE = "deleted"
    REUSED = "another order under the same id"
    TRASH = "in the trash"
    REFUNDED = "refunded"
    UNKNOWN = "in a status of a plugin"
    OTHER_GATEWAY = "to be paid another way"
    DIFFERS = "over another amount"
    BOOKED = "put back after it was paid"
    PENDING = "pending"
    DRAFT = "a draft"
    ON_HOLD = "on hold"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CANCELLED_BY_PERSON = "cancelled by a person"
    PAID = "paid"


class Cell(Enum):
    """What the table says."""

    NOTHING = auto()
    HOLD = auto()  # set on-hold, if the merchant wants that
    PAY = auto()
    PAY_AND_RAISE = auto()
    PAY_FROM_STOCK = auto()  # else note and raise
    CANCEL = auto()  # if the merchant wants that
    NOTE = auto()
    NOTE_AND_RAISE = auto()
    RAISE = auto()
    RAISE_UNLESS_OURS = auto()  # whose payment was it that the order was paid by?
    ALARM = auto()
    CLOSE = auto()


COLUMNS = (
    Column.NEW,
    Column.PROCESSING,
    Column.SETTLED,
    Column.EXPIRED,
    Column.SHORT,
    Column.LATE,
    Column.INVALID,
)
_SIGNS = {
    "-": Cell.NOTHING,
    "hold": Cell.HOLD,
    "pay": Cell.PAY,
    "pay+": Cell.PAY_AND_RAISE,
    "stock": Cell.PAY_FROM_STOCK,
    "cancel": Cell.CANCEL,
    "note": Cell.NOTE,
    "note+": Cell.NOTE_AND_RAISE,
    "raise": Cell.RAISE,
    "ours?": Cell.RAISE_UNLESS_OURS,
    "ALARM": Cell.ALARM,
    "close": Cell.CLOSE,
}
_CELLS = {
    #                        New   Processing Settled Expired Short  Late  Invalid
    Row.PENDING: "             -     hold       pay    cancel note+  note+  note+",
    Row.DRAFT: "               -     -          pay+   -      raise  raise  -    ",
    Row.ON_HOLD: "             -     -          pay    raise  raise  raise  note+",
    Row.FAILED: "              -     note       pay    -      -      raise  -    ",
    Row.CANCELLED: "           -     note       stock  -      note+  note+  -    ",
    Row.CANCELLED_BY_PERSON: " close note       note+  -      note+  note+  -    ",
    Row.PAID: "                close -          ours?  ALARM  -      ours?  ALARM",
    Row.BOOKED: "              -     -          raise  -      raise  raise  raise",
    Row.REFUNDED: "            -     raise      raise  -      raise  raise  -    ",
    Row.TRASH: "               -     raise      raise  -      raise  raise  -    ",
    Row.GONE: "                -     raise      raise  -      raise  raise  raise",
    Row.REUSED: "              -     raise      raise  -      raise  raise  raise",
    Row.UNKNOWN: "             -     raise      raise  -      raise  raise  raise",
    Row.OTHER_GATEWAY: "       -     raise      raise  -      raise  raise  -    ",
    Row.DIFFERS: "             -     note       raise  -      raise  raise  -    ",
}
TABLE = {
    (row, column): _SIGNS[sign]
    for row, line in _CELLS.items()
    for column, sign in zip(COLUMNS, line.split(), strict=True)
}
