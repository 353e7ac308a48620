"""Send a delivery once more because a person asks: at once, whatever waits or failed before."""

from datetime import datetime

from app.db.audit import note
from app.db.models import Delivery, Webhook
from app.db.queries_webhooks import attempt_for
from app.db.session import Session, change
from app.domain.audit import Kind
from app.domain.events import Shape
from app.domain.ids import new_id
from app.domain.retry import DeliveryState
from app.errors import BodyPruned, NotAllowed, NotFound


def redeliver(webhook_id: str, attempt_id: str, now: datetime) -> str:
    """Ask for the delivery to a webhook that `attempt_id` was a try of. Returns the id that the next attempt will have.

    NotFound, BodyPruned. Asked twice before it was sent, it is sent once.
    """
    with change() as session:
        attempt = attempt_for(session, webhook_id, attempt_id)
        if attempt is None:
            raise NotFound(f"the webhook has no delivery {attempt_id}")
        delivery = session.get_one(Delivery, attempt.delivery_id, with_for_update=True, populate_existing=True)
        return _again(session, delivery, attempt_id, webhook_id, now)


def redeliver_delivery(delivery_id: int, now: datetime) -> str:
    """The same for any delivery of an invoice, be it an IPN or a webhook's, tried or not. NotAllowed as well: of a
    webhook that was deleted or switched off."""
    with change() as session:
        delivery = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
        if delivery is None:
            raise NotFound(f"there is no delivery {delivery_id}")
        _require_receiver(delivery.endpoint.webhook)
        return _again(session, delivery, str(delivery_id), str(delivery.endpoint_id), now)


def _require_receiver(webhook: Webhook | None) -> None:
    if webhook is None or webhook.replaced_by is not None:  # an IPN target; or the one that replaced it is told
        return
    if webhook.deleted_at is not None:
        raise NotAllowed("its webhook was deleted, so nothing can be sent there any more")
    if not webhook.enabled:
        raise NotAllowed("its webhook is switched off; switch it on, then send this again")


def _again(session: Session, delivery: Delivery, name: str, receiver: str, now: datetime) -> str:
    if delivery.shape == Shape.WEBHOOK.value and delivery.content is None:
        raise BodyPruned(f"the body of delivery {name} was dropped because of its age")
    if delivery.state != DeliveryState.PENDING.value:
        delivery.state, delivery.reason = DeliveryState.PENDING.value, None
        delivery.redelivery_at = now
    delivery.next_at = now
    delivery.next_attempt_id = delivery.next_attempt_id or new_id()
    note(session, Kind.REDELIVERED, receiver, delivery.endpoint.store_id, invoice=delivery.invoice_id)
    return delivery.next_attempt_id
