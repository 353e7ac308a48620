"""`make down`: stop what `up` started, and nothing else."""

from regtest import flaskenv
from regtest.processes import stop_recorded
from regtest.state import State

ORCHESTRATOR_SECONDS = 90
"""The orchestrator stops its programs one after the other; the node writes its databases last."""


def stop_all(state: State) -> list[str]:
    """Stop the orchestrator (which stops the rest), then whatever a killed orchestrator left behind; return the names.

    A pid file counts only while the very process that it was written for still runs.
    """
    flaskenv.remove(state.flaskenv_file)
    stopped = ["up"] if stop_recorded(state.up_pid_file, ORCHESTRATOR_SECONDS) else []
    left_behind = sorted(state.pid_dir.glob("*.pid"), key=lambda path: path.stem == "node")
    return stopped + [path.stem for path in left_behind if stop_recorded(path)]
