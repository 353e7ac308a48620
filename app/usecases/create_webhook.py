"""Make a webhook. One that an API key makes takes the place of an equal one, and what that still owes."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import Endpoint, Webhook
from app.db.queries_webhooks import count_enabled, locked_store, move_owed, replaceable
from app.db.session import change
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.domain.webhooks import WebhookTerms
from app.errors import NotAllowed, NotFound

MOST_ENABLED = 100  # webhooks of a store: each adds a delivery to every event


def create_webhook(store_id: str, terms: WebhookTerms, now: datetime, *, by_hand: bool) -> str:
    """Make it and return its id. NotFound (store), NotAllowed (too many)."""
    with change() as session:
        if not locked_store(session, store_id):
            raise NotFound(f"there is no store {store_id}")
        webhook = Webhook(
            id=new_id(),
            store_id=store_id,
            endpoint=Endpoint(store_id=store_id, kind="webhook", url=terms.url, created_at=now),
            secret=terms.secret or new_id(),
            enabled=terms.enabled,
            automatic_redelivery=terms.automatic_redelivery,
            everything=terms.subscription.everything,
            specific_events=list(terms.subscription.types),
            by_hand=by_hand,
            created_at=now,
        )
        session.add(webhook)
        session.flush()
        if webhook.enabled and not by_hand:
            _replace_equals(session, webhook)
        require_few(session, webhook)
        note(session, Kind.WEBHOOK_CREATED, webhook.id, store_id, **described(webhook))
        return webhook.id


def described(webhook: Webhook) -> dict[str, Any]:
    """What the audit log says of it. An address may hold secrets; its host holds none."""
    asked = "everything" if webhook.everything else webhook.specific_events
    again = webhook.automatic_redelivery
    return {"host": webhook.endpoint.host, "enabled": webhook.enabled, "events": asked, "tries_again": again}


def require_few(session: Session, webhook: Webhook) -> None:
    """NotAllowed when an enabled webhook is one too many for its store."""
    if webhook.enabled and count_enabled(session, webhook.store_id) > MOST_ENABLED:
        raise NotAllowed(f"a store may have {MOST_ENABLED} enabled webhooks; disable or delete some of them first")


def _replace_equals(session: Session, webhook: Webhook) -> None:
    """The plugin's wizard makes a webhook each time and deletes none; the older one signs with a secret that is lost.

    What is written for an older one at this very moment follows when it is sent (see start_attempt).
    """
    for old in replaceable(session, webhook.store_id, webhook.endpoint.url):
        if old is not webhook and old.subscription.equals(webhook.subscription):
            old.enabled, old.replaced_by = False, webhook.id
            move_owed(session, old.endpoint_id, webhook.endpoint_id)
