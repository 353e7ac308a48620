"""/health: can this process use the database, and what did the worker last know of the node?"""

import json
from typing import Any

from flask import Response

from app.db.models import ChainState
from app.db.queries import newest_height, reading
from app.db.session import database_state
from app.domain.node_state import NodeState
from app.services import services

TROUBLES = {
    "unreachable": "the database does not answer; look at DATABASE_URL and at the server it names",
    "not_migrated": "the database has no tables yet; run `flask --app wsgi db upgrade`",
    "other_revision": "the database is of another version; `flask --app wsgi doctor` says what to do",
}


def health() -> Response:
    """200 while the database can be used, else 503. A node in trouble is named and leaves the web process healthy."""
    network = services().settings.network
    database = database_state()
    body = {"database": database, "network": network}
    if database == "ok":
        body |= _node(network)
    else:
        body["message"] = TROUBLES[database]
    return Response(json.dumps(body), 200 if database == "ok" else 503, mimetype="application/json")


def _node(network: str) -> dict[str, Any]:
    state = reading().get(ChainState, network)
    return {
        "node_state": state.node_state if state else "unknown",
        "message": state.node_message if state else "no worker has looked at the node yet",
        "remedy": NodeState(state.node_state if state else "unknown").remedy,
        "tip_height": newest_height(reading(), network),
        "observed_at": state.observed_at.isoformat() if state and state.observed_at else None,
    }
