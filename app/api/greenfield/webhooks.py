"""Webhooks of a store, and what was sent to them (greenfield 6, webhooks 6 and 7)."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields

from app.api.greenfield.answers import JSON, Invalid, Problem
from app.api.greenfield.process import process
from app.api.greenfield.routing import Api, Call, Resource
from app.api.greenfield.webhook_schemas import (
    DeliveriesQuery,
    DeliveryAnswer,
    DeliveryRequestAnswer,
    NewWebhookAnswer,
    WebhookAnswer,
    WebhookRequest,
)
from app.db.models import Attempt, Webhook
from app.db.queries import reading
from app.db.queries_webhooks import attempt_for, attempts_for, live_webhook, webhooks_of_store
from app.db.session import Session
from app.domain.permissions import Policy
from app.domain.webhooks import Subscription, WebhookTerms
from app.errors import BodyPruned, NotFound
from app.usecases.change_webhook import change_webhook, delete_webhook
from app.usecases.create_webhook import create_webhook
from app.usecases.judge_webhook import webhook_body
from app.usecases.redeliver import redeliver

MOST_DELIVERIES = 1000
NOT_FOUND, DELIVERY_NOT_FOUND, PRUNED = "webhook-not-found", "webhookdelivery-not-found", "webhookdelivery-pruned"
ALL, ONE = "/stores/<store_id>/webhooks", "/webhooks/<webhook_id>"
OF_STORE = "/stores/<store_id>"
DELIVERIES = f"{ONE}/deliveries"
DELIVERY = f"{DELIVERIES}/<delivery_id>"
GUARDED = Policy.MODIFY_WEBHOOKS


def _store_of(session: Session, webhook_id: str) -> str | None:
    webhook = live_webhook(session, webhook_id)
    return webhook.store_id if webhook else None


part = Api("webhooks", {"webhook_id": Resource(_store_of, NOT_FOUND)})


@part.operation("GET", ALL, permission=GUARDED, gives=WebhookAnswer, many=True, summary="The webhooks of a store")
def list_webhooks(call: Call) -> list[dict[str, Any]]:
    """Those that were disabled or replaced, too; secrets are not told."""
    return [_told(webhook) for webhook in webhooks_of_store(reading(), call.store_id)]


@part.operation(
    "POST",
    ALL,
    permission=GUARDED,
    takes=WebhookRequest,
    gives=NewWebhookAnswer,
    errors=((400, "generic-error"),),
    summary="Make a webhook; an equal one that was made here before is replaced",
)
def make_webhook(call: Call) -> dict[str, Any]:
    """The secret is told in this answer and never again."""
    webhook_id = create_webhook(call.store_id, _terms(call.body), call.now, by_hand=False)
    webhook = reading().get_one(Webhook, webhook_id)
    return _told(webhook) | {"secret": webhook.secret}


@part.operation("GET", OF_STORE + ONE, also=ONE, permission=GUARDED, gives=WebhookAnswer, summary="One webhook")
def get_webhook(call: Call, webhook_id: str) -> dict[str, Any]:
    """Without its secret."""
    return _told(_webhook(webhook_id))


@part.operation(
    "PUT",
    OF_STORE + ONE,
    also=ONE,
    permission=GUARDED,
    takes=WebhookRequest,
    gives=WebhookAnswer,
    errors=((400, "generic-error"),),
    summary="Change a webhook",
)
def put_webhook(call: Call, webhook_id: str) -> dict[str, Any]:
    """What is not given has its default afterwards, but the secret, which is kept."""
    try:
        change_webhook(webhook_id, _terms(call.body))
    except NotFound:
        raise _missing() from None
    return _told(_webhook(webhook_id))


@part.operation("DELETE", OF_STORE + ONE, also=ONE, permission=GUARDED, summary="Delete a webhook")
def remove_webhook(call: Call, webhook_id: str) -> None:
    """It is told nothing more, not even what waits for it."""
    try:
        delete_webhook(webhook_id, call.now)
    except NotFound:
        raise _missing() from None


@part.operation(
    "GET",
    OF_STORE + DELIVERIES,
    also=DELIVERIES,
    permission=GUARDED,
    query=DeliveriesQuery,
    gives=DeliveryAnswer,
    many=True,
    summary="What was sent to a webhook, newest first",
)
def list_deliveries(call: Call, webhook_id: str) -> list[dict[str, Any]]:
    """Each attempt is a delivery of its own here."""
    count = call.query["count"]
    limit = MOST_DELIVERIES if count is None else min(count, MOST_DELIVERIES)
    return [_sent(attempt) for attempt in attempts_for(reading(), webhook_id, limit)]


@part.operation(
    "GET",
    OF_STORE + DELIVERY,
    also=DELIVERY,
    permission=GUARDED,
    gives=DeliveryAnswer,
    errors=((404, DELIVERY_NOT_FOUND),),
    summary="One delivery",
)
def get_delivery(call: Call, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """One attempt that was made."""
    return _sent(_attempt(webhook_id, delivery_id))


@part.operation(
    "GET",
    OF_STORE + DELIVERY + "/request",
    also=DELIVERY + "/request",
    permission=GUARDED,
    gives=DeliveryRequestAnswer,
    errors=((404, DELIVERY_NOT_FOUND), (409, PRUNED)),
    summary="The body that was sent",
)
def get_delivery_request(call: Call, webhook_id: str, delivery_id: str) -> Response:
    """The very bytes; after 60 days they are dropped."""
    attempt = _attempt(webhook_id, delivery_id)
    if attempt.delivery.content is None:
        raise _pruned()
    return Response(webhook_body(attempt.delivery, attempt.id, webhook_id), content_type=JSON)


@part.operation(
    "POST",
    OF_STORE + DELIVERY + "/redeliver",
    also=DELIVERY + "/redeliver",
    permission=GUARDED,
    gives=fields.String(),
    errors=((404, DELIVERY_NOT_FOUND), (409, PRUNED)),
    summary="Send it once more, at once",
)
def redeliver_delivery(call: Call, webhook_id: str, delivery_id: str) -> str:
    """The id that the new delivery will have: it is listed when it was sent."""
    try:
        return redeliver(webhook_id, delivery_id, call.now)
    except NotFound:
        raise _no_delivery() from None
    except BodyPruned:
        raise _pruned() from None


def _terms(body: Mapping[str, Any]) -> WebhookTerms:
    """What was asked for. Invalid where the address is none that we post to."""
    why = process().refused_target(body["url"])
    if why is not None:
        raise Invalid(("Url", why))
    events = body["authorizedEvents"] or {}
    return WebhookTerms(
        url=body["url"],
        subscription=Subscription(events.get("everything", True), tuple(events.get("specificEvents", ()))),
        enabled=body["enabled"],
        automatic_redelivery=body["automaticRedelivery"],
        secret=body["secret"] or None,
    )


def _webhook(webhook_id: str) -> Webhook:
    webhook = live_webhook(reading(), webhook_id)
    if webhook is None:
        raise _missing()
    return webhook


def _attempt(webhook_id: str, attempt_id: str) -> Attempt:
    attempt = attempt_for(reading(), webhook_id, attempt_id)
    if attempt is None:
        raise _no_delivery()
    return attempt


def _told(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "enabled": webhook.enabled,
        "automaticRedelivery": webhook.automatic_redelivery,
        "url": webhook.endpoint.url,
        "authorizedEvents": {"everything": webhook.everything, "specificEvents": webhook.specific_events},
    }


def _sent(attempt: Attempt) -> dict[str, Any]:
    code = attempt.http_status
    delivered = code is not None and 200 <= code <= 299
    failure = attempt.error if code is None else f"HTTP Error Code {code}"
    return {
        "id": attempt.id,
        "timestamp": int(attempt.delivery.created_at.timestamp()),
        "deliveryTime": int(attempt.started_at.timestamp()),
        "httpCode": code,
        "errorMessage": None if delivered else failure,
        "status": "HttpSuccess" if delivered else "Failed" if code is None else "HttpError",
    }


def _missing() -> Problem:
    return Problem(404, NOT_FOUND, "The webhook was not found")


def _no_delivery() -> Problem:
    return Problem(404, DELIVERY_NOT_FOUND, "The webhook has no delivery with this id")


def _pruned() -> Problem:
    return Problem(409, PRUNED, "The body of this delivery was dropped because of its age")
