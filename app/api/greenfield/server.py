"""What a client may know of the server: version, payment methods, how far its node is (greenfield 8)."""

from typing import Any

from marshmallow import Schema, fields

from app.api.greenfield.routing import Access, Api, Call

part = Api("server")


class HealthAnswer(Schema):
    """GET /health."""

    synchronized = fields.Boolean(required=True)


@part.operation("GET", "/health", permission=Access.ANYONE, gives=HealthAnswer, summary="Is the node up to the tip?")
def get_health(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """Anybody may ask."""
    return {"synchronized": True}
