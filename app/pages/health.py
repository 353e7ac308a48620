"""/health: can this process read the database, and what did the worker last know of the node?"""

import json

from flask import Response

from app.db.models import ChainState
from app.db.queries import newest_height, reading
from app.domain.node_state import NodeState
from app.services import services


def health() -> Response:
    """200 while the database answers; a node in trouble is named and does not make the web process unhealthy."""
    settings = services().settings
    state = reading().get(ChainState, settings.network)
    body = {
        "database": "ok",
        "network": settings.network,
        "node_state": state.node_state if state else "unknown",
        "message": state.node_message if state else "no worker has looked at the node yet",
        "remedy": NodeState(state.node_state if state else "unknown").remedy,
        "tip_height": newest_height(reading(), settings.network),
        "observed_at": state.observed_at.isoformat() if state and state.observed_at else None,
    }
    return Response(json.dumps(body), mimetype="application/json")
