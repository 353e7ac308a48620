"""Give out the next address index of a wallet, and never one of the past: the database may be yesterday's."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from app.db.marks import MarkFile, Marks
from app.db.models import Wallet
from app.db.queries import reading
from app.db.queries_wallet import (
    TakenIndex,
    locked_wallet,
    scripts_given_out,
    set_mark,
    take_next_index,
    wallets_on,
)
from app.db.session import change
from app.domain.address_index import STEP, Mark
from app.domain.ids import new_id
from app.errors import DatabaseRestored, DestinationTaken, WalletStopped
from app.usecases.destination import Destination
from app.usecases.request_scan import ask_for_scans_after_restore

log = logging.getLogger(__name__)

MOST_TRIES = 4

Told = TypeVar("Told")


class MarkState(StrEnum):
    """How a wallet's row and the mark outside the database go together."""

    NONE_YET = "none_yet"  # no address was given out since there are marks
    IN_STEP = "in_step"
    AHEAD = "ahead"  # the database is one of the past: the next invoice or the worker goes on above the mark
    MISSING = "missing"  # these three: no address is given out until `flask wallet skip`
    FOREIGN = "foreign"
    DAMAGED = "damaged"

    @property
    def stops(self) -> bool:
        return self in (MarkState.MISSING, MarkState.FOREIGN, MarkState.DAMAGED)


@dataclass(frozen=True)
class TakenAddress:
    """An index of a wallet. It counts as given out once the change has been committed: call `note_given` then."""

    wallet: TakenIndex
    index: int
    _file: MarkFile

    def note_given(self) -> None:
        """Remember the exact index outside the database. Without it a restore is still noticed, by the ceiling."""
        try:
            self._file.note_given(self.index + 1)
        except OSError as trouble:
            log.error("the exact address index cannot be kept beside %s: %s", self._file.path, trouble)


def take_address(session: Session, wallet_id: int, marks: Marks) -> TakenAddress:
    """The next index, in the caller's change. Raises WalletStopped when it cannot be known to be unused.

    DatabaseRestored is the case that `settle_restore` can put right.
    """
    wallet = take_next_index(session, wallet_id)
    index, mark_id = wallet.next_index - 1, wallet.mark_id
    file = marks.of(wallet.network, wallet.descriptor)
    mark = file.read()
    _require_ours(wallet, index, mark, file)
    if mark is not None and mark.shows_restore(index):
        raise DatabaseRestored(wallet_id)
    if mark_id is None:
        mark_id = mark.id if mark else new_id()
        set_mark(session, wallet_id, mark_id)
    if mark is None or index >= mark.ceiling:
        file.raise_to(mark_id, index + STEP)
    return TakenAddress(wallet, index, file)


def with_unused_addresses(
    attempt: Callable[[], Told], network: str, derive: Callable[[str, int], Destination], marks: Marks, now: datetime
) -> Told:
    """What `attempt`, which takes addresses, returns. What keeps it from unused ones is put right, and it tries again.

    Raises what it raises, after a few tries DatabaseRestored and DestinationTaken as well.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return attempt()
        except DatabaseRestored as restored:
            settle_restore(restored.wallet_id, marks, now)
        except DestinationTaken as taken:
            for wallet_id in sorted(taken.wallet_ids):
                _pass_over_taken(wallet_id, network, derive)
    return attempt()


def _pass_over_taken(wallet_id: int, network: str, derive: Callable[[str, int], Destination]) -> None:
    """Go on from the first index whose scriptPubKey no invoice is paid to.

    The scripts of two wallets meet where their keys are the same: those of `multi` and of `sortedmulti` at every
    index at which the keys happen to lie in order.
    """
    with change() as session:
        wallet = locked_wallet(session, wallet_id)
        while wallet is not None:
            ahead = range(wallet.next_index, wallet.next_index + STEP)
            scripts = [derive(wallet.descriptor, index).script_pubkey for index in ahead]
            taken = scripts_given_out(session, network, scripts)
            free = [index for index, script in zip(ahead, scripts, strict=True) if script not in taken]
            wallet.next_index = free[0] if free else ahead.stop
            if free:
                return


def settle_restore(wallet_id: int, marks: Marks, now: datetime) -> None:
    """Go on above everything that can have been given out, and have the wallet looked through for what came in."""
    with change() as session:
        wallet = locked_wallet(session, wallet_id)
        mark = marks.of(wallet.network, wallet.descriptor).read() if wallet else None
        if wallet is None or mark is None or not mark.shows_restore(wallet.next_index):
            return
        log.error(
            "wallet %s: the database is older than the mark beside it (next index %s, given out up to %s); going on "
            "from %s and scanning for payments that were lost with the newer database",
            wallet_id,
            wallet.next_index,
            mark.given,
            mark.ceiling,
        )
        wallet.next_index = mark.next_safe(wallet.next_index)
        wallet.mark_id = wallet.mark_id or mark.id
        ask_for_scans_after_restore(session, wallet_id, now)


def settle_restores(network: str, marks: Marks, now: datetime) -> None:
    """The same for every wallet whose mark is here: the worker looks before the next invoice does."""
    for wallet in wallets_on(reading(), network):
        try:
            mark = marks.of(network, wallet.descriptor).read()
        except WalletStopped:
            continue  # whoever wants an address is told
        if mark is not None and wallet.mark_id in (None, mark.id) and mark.shows_restore(wallet.next_index):
            settle_restore(wallet.id, marks, now)


def mark_state(wallet: Wallet, file: MarkFile) -> MarkState:
    """How the row and the mark that is here go together."""
    try:
        mark = file.read()
    except WalletStopped:
        return MarkState.DAMAGED
    if wallet.mark_id not in (None, mark.id if mark else None):
        return MarkState.FOREIGN if mark else MarkState.MISSING
    if mark is None:
        return MarkState.NONE_YET
    return MarkState.AHEAD if mark.shows_restore(wallet.next_index) else MarkState.IN_STEP


def _require_ours(wallet: TakenIndex, index: int, mark: Mark | None, file: MarkFile) -> None:
    """The row and the file name each other, or one of them is not from here. A row of before there were marks names
    none, and takes what it finds."""
    if wallet.mark_id in (None, mark.id if mark else None):
        return
    what = "another database's or another machine's" if mark else "missing"
    log.error("wallet %s: the mark %s is %s", wallet.id, file.path, what)
    raise WalletStopped(
        f"no address of wallet {wallet.id} can be given out: the mark of its address index is {what}, so those given "
        f"out may be more than the {index} that the database knows; see `flask wallet skip`"
    )
