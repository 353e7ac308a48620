"""Go on from a higher address index by an operator's word: the way out when nobody else can say what was given out."""

from app.db.marks import MarkFile, Marks
from app.db.queries_wallet import locked_wallet
from app.db.session import change
from app.domain.address_index import Mark
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.errors import BadInput, NotFound, WalletStopped
from app.usecases.note_wallet import note_wallet

FARTHEST = 1_000_000  # indexes at once: what is skipped is skipped for good, a slip of the finger included


def skip_addresses(wallet_id: int, next_index: int, marks: Marks) -> None:
    """Give out no address below `next_index`, and make the mark here the one that counts. NotFound, BadInput."""
    with change() as session:
        wallet = locked_wallet(session, wallet_id)
        if wallet is None:
            raise NotFound(f"there is no wallet {wallet_id}")
        file = marks.of(wallet.network, wallet.descriptor)
        mark = _readable(file)
        lowest = mark.next_safe(wallet.next_index) if mark else wallet.next_index
        if not lowest <= next_index <= lowest + FARTHEST:
            raise BadInput("index", next_index, f"use {lowest} to {lowest + FARTHEST}: an index never goes back")
        note_wallet(session, Kind.WALLET_SKIPPED, wallet_id, before=wallet.next_index, next_index=next_index)
        wallet.next_index = next_index
        mark_id = wallet.mark_id = mark.id if mark else new_id()
    file.raise_to(mark_id, next_index)
    file.note_given(next_index)


def _readable(file: MarkFile) -> Mark | None:
    """A damaged mark is what this repairs."""
    try:
        return file.read()
    except WalletStopped:
        return None
