"""The exceptions of Sattle.

SattleError                  anything we raise on purpose; its text is fit to be shown
├── BadInput                 a client or operator gave a value we cannot use (names field, value, remedy)
├── NotFound                 the thing named does not exist, or not for this store
├── NotAllowed               the thing exists, the change is not permitted in its state
│   ├── BodyPruned           what a webhook was told then is kept no longer
│   └── Refused              the same; `code` is the word that programs go by
├── WalletStopped            no address of the wallet can be given out safely; an operator must say where to go on
│   └── DatabaseRestored     its counter went back, as a restored database's does; the mark beside it says by how much
├── Unauthenticated          credentials missing or wrong
├── Forbidden                credentials right, permission missing
├── TooMany                  this address asks too often; `retry_after_seconds` says when it may again
├── ConfigError              the operator's settings contradict each other; the process must not start
└── Unavailable              nothing is wrong with the request; try again later
    ├── NoQuote              no fresh rate for the pair
    ├── DestinationTaken     another invoice is paid to the address that was to be given out
    └── NodeUnavailable      the node cannot answer now; `state` says why
        └── WrongNode        the node answers, but for another chain: an operator must act
"""


class SattleError(Exception):
    """Something that went wrong and that a person can read about."""


class BadInput(SattleError):
    """`field` holds `value`, which cannot be used; `remedy` says what would be accepted."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field}: {shown(value)} cannot be used; {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy


class NotFound(SattleError):
    """No such object, or it belongs to somebody else."""


class NotAllowed(SattleError):
    """The object is in a state that does not permit this change."""


class BodyPruned(NotAllowed):
    """The body of a delivery was dropped because of its age."""


class Refused(NotAllowed):
    """Not permitted, for a reason that has a name: `code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class WalletStopped(SattleError):
    """Nobody can say which addresses of a wallet were given out, so none is: an operator runs `flask wallet skip`."""


class DatabaseRestored(WalletStopped):
    """The counter of wallet `wallet_id` is behind the mark outside the database."""

    def __init__(self, wallet_id: int) -> None:
        super().__init__(f"wallet {wallet_id}: the database is older than the mark of its address index")
        self.wallet_id = wallet_id


class Unauthenticated(SattleError):
    """The credentials are missing or wrong."""


class Forbidden(SattleError):
    """The credentials are right, but do not reach this far."""


class TooMany(SattleError):
    """This address asks too often; it may again after `retry_after_seconds` (a whole number, 1 or more)."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Too many requests from this address; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class ConfigError(SattleError):
    """The settings contradict each other."""


class Unavailable(SattleError):
    """Try again later; nothing was changed."""


class NoQuote(Unavailable):
    """There is no rate for this pair that is fresh enough to sell at."""


class DestinationTaken(Unavailable):
    """Other wallets have given out what the next addresses of `wallet_ids` stand for: their scriptPubKeys meet."""

    def __init__(self, wallet_ids: frozenset[int]) -> None:
        super().__init__("the next address belongs to another invoice already; try again")
        self.wallet_ids = wallet_ids


class NodeUnavailable(Unavailable):
    """The node cannot answer now. `state` is a NodeState value: unreachable, unauthorized, warming_up, syncing, …"""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


class WrongNode(NodeUnavailable):
    """The node follows another chain than the one this database belongs to."""


def shown(value: object, limit: int = 80) -> str:
    """`value` as it appears in a message: quoted, and cut so that nobody can flood a log."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
