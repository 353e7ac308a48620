"""How webhooks and their deliveries are asked for and answered (greenfield 6)."""

from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from app.api.greenfield.fields import Data, Request, Text, Whole, YesNo
from app.api.limits import MOST_INDEXED_BYTES

MOST_SECRET_BYTES = 500
MOST_EVENTS = 100


class EventName(Text):
    """The name of a type of events. Those that we do not know yet are kept."""

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if not name.strip():
            raise ValidationError("name a type of events, such as InvoiceSettled")
        return name


class AuthorizedEvents(Request):
    """What a webhook asks for: everything, or some types."""

    everything = YesNo(load_default=True)
    specificEvents = fields.List(
        EventName(most_bytes=100), validate=validate.Length(max=MOST_EVENTS), load_default=list
    )


class WebhookRequest(Request):
    """A webhook as it shall be. What is not given has its default; a webhook that is changed keeps its secret then."""

    url = Text(required=True, most_bytes=MOST_INDEXED_BYTES)
    enabled = YesNo(load_default=True)
    automaticRedelivery = YesNo(load_default=True)
    authorizedEvents = fields.Nested(AuthorizedEvents, load_default=dict)
    secret = Text(most_bytes=MOST_SECRET_BYTES, load_default="")


class DeliveriesQuery(Request):
    """How many deliveries are wanted, the newest first; never more than a thousand are told."""

    count = Whole(least=0, load_default=None)


class AuthorizedEventsAnswer(Schema):
    """What a webhook asks for."""

    everything = fields.Boolean(required=True)
    specificEvents = fields.List(fields.String(), required=True)


class WebhookAnswer(Schema):
    """A webhook, without its secret."""

    id = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    automaticRedelivery = fields.Boolean(required=True)
    url = fields.String(required=True)
    authorizedEvents = fields.Nested(AuthorizedEventsAnswer, required=True)


class NewWebhookAnswer(WebhookAnswer):
    """The only answer that tells the secret."""

    secret = fields.String(required=True)


class DeliveryAnswer(Schema):
    """One attempt to deliver: when it was due, when it was sent (unix seconds), and what came of it."""

    id = fields.String(required=True)
    timestamp = fields.Integer(required=True)
    deliveryTime = fields.Integer(required=True)
    httpCode = fields.Integer(required=True, allow_none=True)
    errorMessage = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(["Failed", "HttpError", "HttpSuccess"]))


class DeliveryRequestAnswer(Schema):
    """The body as it was sent; its other fields depend on the type."""

    class Meta:
        unknown = INCLUDE

    deliveryId = fields.String(required=True)
    webhookId = fields.String(required=True)
    originalDeliveryId = fields.String(required=True)
    isRedelivery = fields.Boolean(required=True)
    type = fields.String(required=True)
    timestamp = fields.Integer(required=True)
