"""Keep what the worker knows of the node where pages and rules can read it."""

from app.db.audit import note
from app.db.models import ChainState
from app.db.queries import reading
from app.db.queries_chain import newest_block
from app.db.session import change
from app.domain.audit import Kind
from app.domain.fees import clamp_fee_rate
from app.errors import BadInput


def store_node_state(network: str, state: str, message: str, node_height: int | None) -> None:
    """Record a named state of the node, with a sentence for people, and the height of its chain if it told."""
    with change() as session:
        row = session.get(ChainState, network) or ChainState(network=network)
        row.node_state, row.node_message = state, message
        row.node_height = node_height if node_height is not None else row.node_height
        session.add(row)


def begin_rescan(network: str, from_height: int) -> None:
    """Ask for the blocks from `from_height` to our tip to be read again. BadInput when we have no block that high."""
    with change() as session:
        block = newest_block(session, network)
        if block is None or not 0 <= from_height <= block.height:
            highest = block.height if block else 0
            raise BadInput("height", from_height, f"it must be from 0 to {highest}, the block we stand on")
        row = session.get(ChainState, network) or ChainState(network=network)
        row.rescan_next, row.rescan_until = from_height, block.height
        session.add(row)
        note(session, Kind.RESCAN, network, from_height=from_height, to_height=block.height)


def pending_rescan(network: str) -> range | None:
    """The heights that remain to be read again; None when no rescan is under way."""
    state = reading().get(ChainState, network)
    if state is None or state.rescan_next is None or state.rescan_until is None:
        return None
    return range(state.rescan_next, state.rescan_until + 1)


def advance_rescan(network: str, next_height: int) -> None:
    """Everything below `next_height` was read again; past the end the rescan is over."""
    with change() as session:
        row = session.get_one(ChainState, network)
        over = row.rescan_until is None or next_height > row.rescan_until
        row.rescan_next = None if over else next_height


def store_fee_rate(network: str, sat_per_vbyte: int) -> None:
    """Record the node's fee estimate, kept within reason."""
    with change() as session:
        row = session.get(ChainState, network) or ChainState(network=network)
        row.fee_rate_sat_per_vbyte = clamp_fee_rate(sat_per_vbyte)
        session.add(row)
