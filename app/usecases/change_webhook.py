"""Give a webhook other terms, disable it, or delete it. What waits for it is judged by them when it would be sent."""

from datetime import datetime

from app.db.audit import note
from app.db.queries_webhooks import end_owed, live_webhook
from app.db.session import change
from app.domain.audit import Kind, changes
from app.domain.retry import DeliveryState
from app.domain.webhooks import WebhookTerms
from app.errors import NotFound
from app.usecases.create_webhook import described, require_few


def change_webhook(webhook_id: str, terms: WebhookTerms) -> None:
    """Put `terms` in the place of those it has; without a secret it keeps its own. NotFound, NotAllowed (too many)."""
    with change() as session:
        webhook = live_webhook(session, webhook_id)
        if webhook is None:
            raise NotFound(f"there is no webhook {webhook_id}")
        before = described(webhook)
        webhook.endpoint.url = terms.url
        webhook.secret = terms.secret or webhook.secret
        webhook.enabled = terms.enabled
        webhook.automatic_redelivery = terms.automatic_redelivery
        webhook.everything = terms.subscription.everything
        webhook.specific_events = list(terms.subscription.types)
        if webhook.enabled:
            webhook.replaced_by = None
        session.flush()
        require_few(session, webhook)
        said = {"changes": changes(before, described(webhook)), "new_secret": True if terms.secret else None}
        note(session, Kind.WEBHOOK_CHANGED, webhook_id, webhook.store_id, **said)


def disable_webhook(webhook_id: str) -> None:
    """Tell it nothing more. NotFound."""
    with change() as session:
        webhook = live_webhook(session, webhook_id)
        if webhook is None:
            raise NotFound(f"there is no webhook {webhook_id}")
        webhook.enabled = False
        note(session, Kind.WEBHOOK_DISABLED, webhook_id, webhook.store_id, host=webhook.endpoint.host)


def delete_webhook(webhook_id: str, now: datetime) -> None:
    """Forget its secret and what it is owed; what it was told stays part of the invoices' stories. NotFound."""
    with change() as session:
        webhook = live_webhook(session, webhook_id)
        if webhook is None:
            raise NotFound(f"there is no webhook {webhook_id}")
        webhook.deleted_at, webhook.enabled, webhook.secret = now, False, ""
        end_owed(session, webhook.endpoint_id, DeliveryState.SUPERSEDED.value, "its webhook was deleted")
        note(session, Kind.WEBHOOK_DELETED, webhook_id, webhook.store_id, host=webhook.endpoint.host)
