"""Tell the shop once more what its plugin missed: what waits for its next try goes now; else the newest goes again."""

from datetime import datetime

from app.db.models import Delivery
from app.db.queries_told import told_of
from app.db.session import Session, change
from app.domain.bridge_times import ActKind, Outcome, to_nudge
from app.domain.events import Shape
from app.domain.ids import new_id
from app.domain.retry import DeliveryState
from app.domain.watch import Intention
from app.usecases.claim_order import held
from app.usecases.record_act import add_act

SAYS = {True: "The shop is told now what waited for its next try", False: "The shop is told again what it answered"}


def nudge_delivery(watched_order_id: int, invoice_id: str, who: str, now: datetime) -> bool:
    """False when there is nothing that could be sent. ClaimLost."""
    with change() as session:
        held(session, watched_order_id, who)
        chosen = to_nudge(told_of(session, invoice_id))
        delivery = None if chosen is None else session.get(Delivery, chosen, with_for_update=True)
        if delivery is None or not _goes(session, delivery, now):
            return False
        waited = delivery.redelivery_at != now
        act = Intention(watched_order_id, invoice_id, ActKind.NUDGE, str(delivery.event_id), SAYS[waited])
        add_act(session, act, Outcome.DONE, now)
        return True


def _goes(session: Session, delivery: Delivery, now: datetime) -> bool:
    if delivery.shape == Shape.WEBHOOK.value and delivery.content is None:
        return False
    webhook = delivery.endpoint.webhook
    if webhook is not None and (webhook.deleted_at is not None or not webhook.enabled):
        return False
    if delivery.state != DeliveryState.PENDING.value:
        delivery.state, delivery.reason, delivery.redelivery_at = DeliveryState.PENDING.value, None, now
    delivery.next_at = now
    delivery.next_attempt_id = delivery.next_attempt_id or new_id()
    session.flush()
    return True
