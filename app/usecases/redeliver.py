"""Send a webhook's delivery once more because a person asks: at once, whatever waits or failed before."""

from datetime import datetime

from app.db.audit import note
from app.db.models import Delivery
from app.db.queries_webhooks import attempt_for
from app.db.session import change
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.domain.retry import DeliveryState
from app.errors import BodyPruned, NotFound


def redeliver(webhook_id: str, attempt_id: str, now: datetime) -> str:
    """Ask for the delivery that `attempt_id` was a try of. Returns the id that the next attempt will have.

    NotFound, BodyPruned. Asked twice before it was sent, it is sent once.
    """
    with change() as session:
        attempt = attempt_for(session, webhook_id, attempt_id)
        if attempt is None:
            raise NotFound(f"the webhook has no delivery {attempt_id}")
        delivery = session.get_one(Delivery, attempt.delivery_id, with_for_update=True, populate_existing=True)
        if delivery.content is None:
            raise BodyPruned(f"the body of delivery {attempt_id} was dropped because of its age")
        if delivery.state != DeliveryState.PENDING.value:
            delivery.state, delivery.reason = DeliveryState.PENDING.value, None
            delivery.redelivery_at = now
        delivery.next_at = now
        delivery.next_attempt_id = delivery.next_attempt_id or new_id()
        note(session, Kind.REDELIVERED, webhook_id, delivery.endpoint.store_id, invoice=delivery.invoice_id)
        return delivery.next_attempt_id
