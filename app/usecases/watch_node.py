"""Keep what the worker knows of the node where pages and rules can read it."""

from app.db.models import ChainState
from app.db.session import change
from app.domain.fees import clamp_fee_rate


def store_node_state(network: str, state: str, message: str) -> None:
    """Record a named state of the node, with a sentence for people."""
    with change() as session:
        row = session.get(ChainState, network) or ChainState(network=network)
        row.node_state, row.node_message = state, message
        session.add(row)


def store_fee_rate(network: str, sat_per_vbyte: int) -> None:
    """Record the node's fee estimate, kept within reason."""
    with change() as session:
        row = session.get(ChainState, network) or ChainState(network=network)
        row.fee_rate_sat_per_vbyte = clamp_fee_rate(sat_per_vbyte)
        session.add(row)
