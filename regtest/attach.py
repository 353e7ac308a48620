"""Reaching a node that somebody else started: `up` in another terminal, or a container."""

import os
from pathlib import Path
from typing import Any

from regtest.chain import Chain
from regtest.clock import MovableClock
from regtest.errors import RegtestError
from regtest.ports import port_from
from regtest.processes import read_pid_file
from regtest.rpc import Rpc
from regtest.state import State

NODE_PORT = 18443
STATUS_TIMEOUT_SECONDS = 2


def attached(state: State, timeout_seconds: float = 60) -> Chain:
    """The node named by SATTLE_NODE_URL and SATTLE_NODE_COOKIE, else that of the running `up`, else the default."""
    status = state.read_status()
    url = os.environ.get("SATTLE_NODE_URL") or status.get("node_rpc")
    cookie = os.environ.get("SATTLE_NODE_COOKIE") or status.get("node_cookie")
    rpc = Rpc(
        str(url or f"http://127.0.0.1:{port_from('SATTLE_NODE_PORT', NODE_PORT)}"),
        Path(cookie) if cookie else state.node_dir / "regtest" / ".cookie",
        timeout_seconds=timeout_seconds,
    )
    clock_file = os.environ.get("SATTLE_TEST_CLOCK")
    return Chain(rpc, MovableClock(Path(clock_file) if clock_file else state.clock_file))


def current_status(state: State) -> dict[str, Any]:
    """What `status --json` prints: `ready` and, once ready, where everything is. A thing that is down is no error."""
    status = state.read_status()
    if read_pid_file(state.up_pid_file) is None:
        return {"ready": False, "step": "not running"}
    if not status.get("ready"):
        return {"ready": False, "step": status.get("step", "starting")}
    try:
        return {**status, "height": attached(state, STATUS_TIMEOUT_SECONDS).height()}
    except RegtestError as error:
        return {"ready": False, "step": f"the node does not answer: {error}"}
