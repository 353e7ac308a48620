"""Does a worker lead, and what did it last know of the node?"""

from datetime import timedelta

from app.db.models import ChainState, db
from app.db.queries import newest_height, reading
from app.db.worker_locks import somebody_leads
from app.domain.findings import Finding, failed, ok, warning
from app.domain.node_state import NodeState
from app.services import Services

STALE = timedelta(minutes=2)  # the worker looks every 15 s
PASSING = {  # these end by themselves
    NodeState.UNKNOWN,
    NodeState.WARMING_UP,
    NodeState.LOADING_MEMPOOL,
    NodeState.SYNCING,
    NodeState.CATCHING_UP,
    NodeState.HISTORY_LOST,
    NodeState.CLOCK_DIFFERS,
    NodeState.BUSY,
}


def runs(services: Services) -> Finding:  # noqa: ARG001 - the engine of the application context
    """The lock that a leading worker holds: the system frees it when the worker dies."""
    if somebody_leads(db.engine):
        return ok("worker", "a worker leads")
    return failed("worker", "no worker runs: no payment is seen and nothing is delivered", "flask worker")


def node_state(services: Services) -> Finding:
    """The named state of the node, as the worker stored it."""
    check = "node, as the worker knows it"
    row = reading().get(ChainState, services.settings.network)
    if row is None:
        return warning(check, "no worker has looked at the node yet", "start the worker")
    state = NodeState(row.node_state)
    if state is NodeState.READY:
        return ok(check, row.node_message)
    report = warning if state in PASSING else failed
    return report(check, f"{state}: {row.node_message}", state.remedy)


def observed(services: Services) -> Finding:
    """When chain and mempool were last looked at as a whole: nothing expires or settles without it."""
    check, network = "chain", services.settings.network
    row = reading().get(ChainState, network)
    if row is None or row.observed_at is None:
        return warning(check, "the chain was never looked at", "start the worker and the node")
    age = services.clock.now() - row.observed_at
    height = newest_height(reading(), network)
    if age > STALE:
        return failed(
            check,
            f"the chain was last looked at {int(age.total_seconds()) // 60} minutes ago, at block {height}",
            "see what the lines about worker and node say; else look at the worker's log",
        )
    behind = max((row.node_height or 0) - height, 0)
    lag = f", {behind} behind the node" if behind else ""
    return ok(check, f"the worker stands on block {height}{lag}, looked at {max(int(age.total_seconds()), 0)} s ago")
