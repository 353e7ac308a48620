"""What a client may know of the server: version, payment methods, how far its node is (greenfield 8)."""

from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, fields

from app.api.greenfield.fields import PaymentMethod
from app.api.greenfield.process import process
from app.api.greenfield.routing import Access, Api, Call
from app.db.models import ChainState
from app.db.queries import newest_height, reading
from app.domain.node_state import NodeState
from app.domain.payment_methods import ONCHAIN, SUPPORTED

VERSION = "2.4.1"  # of the BTCPay Server that this dialect follows: clients compare it before they ask for refunds
STALE = timedelta(minutes=5)  # the worker looks at the node every minute; silent for longer, it knows nothing

part = Api("server")


class HealthAnswer(Schema):
    """GET /health."""

    synchronized = fields.Boolean(required=True)


class NodeAnswer(Schema):
    """How far the node is."""

    headers = fields.Integer(allow_none=True)
    blocks = fields.Integer(allow_none=True)
    progress = fields.Float(data_key="verificationProgress", allow_none=True)


class SyncAnswer(Schema):
    """How far we follow the node."""

    payment_method = PaymentMethod(data_key="paymentMethodId", required=True)
    available = fields.Boolean(required=True)
    chain_height = fields.Integer(data_key="chainHeight", allow_none=True)
    sync_height = fields.Integer(data_key="syncHeight", allow_none=True)
    node = fields.Nested(NodeAnswer, data_key="nodeInformation", allow_none=True)


class ServerAnswer(Schema):
    """GET /server/info."""

    version = fields.String(required=True)
    onion = fields.String(allow_none=True)
    methods = fields.List(PaymentMethod(), data_key="supportedPaymentMethods", required=True)
    synched = fields.Boolean(data_key="fullySynched", required=True)
    status = fields.List(fields.Nested(SyncAnswer), data_key="syncStatus", required=True)


@part.operation("GET", "/health", permission=Access.ANYONE, gives=HealthAnswer, summary="Is the node up to the tip?")
def get_health(call: Call) -> dict[str, Any]:
    """Anybody may ask."""
    return {"synchronized": _is_in_step(_state(), call.now)}


@part.operation("GET", "/server/info", permission=Access.ANY_KEY, gives=ServerAnswer, summary="About this server")
def get_server_info(call: Call) -> dict[str, Any]:
    """True to the node: what the worker saw of it last, and nothing once that is long ago."""
    state = _state()
    in_step = _is_in_step(state, call.now)
    height = newest_height(reading(), process().settings.network)
    node_height = state.node_height if state else None
    node = {"headers": node_height, "blocks": node_height, "verificationProgress": 1.0 if in_step else None}
    return {
        "version": VERSION,
        "onion": None,
        "supportedPaymentMethods": list(SUPPORTED),
        "fullySynched": in_step,
        "syncStatus": [
            {
                "paymentMethodId": ONCHAIN,
                "available": in_step,
                "chainHeight": node_height,
                "syncHeight": height,
                "nodeInformation": None if node_height is None else node,
            }
        ],
    }


def _state() -> ChainState | None:
    return reading().get(ChainState, process().settings.network)


def _is_in_step(state: ChainState | None, now: datetime) -> bool:
    if state is None or state.observed_at is None:
        return False
    return NodeState(state.node_state).in_step and state.observed_at > now - STALE
