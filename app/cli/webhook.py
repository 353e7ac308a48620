"""`flask webhook …`: whom a store's events are told, and what was sent."""

from typing import Any

import click

from app.cli.invoice import printable
from app.cli.terms import Verbs, as_json, print_json, the_store
from app.db.models import Attempt, Delivery, Webhook
from app.db.queries import reading
from app.db.queries_webhooks import deliveries_to, live_webhook, webhooks_of_store
from app.domain.events import EventType
from app.domain.webhooks import TYPES, Subscription, WebhookTerms, WebhookType
from app.errors import BadInput, NotFound
from app.services import services
from app.usecases.change_webhook import disable_webhook
from app.usecases.create_webhook import create_webhook
from app.usecases.redeliver import redeliver as send_again

TYPE_NAMES = click.Choice([kind.value for kind in WebhookType])


@click.group(cls=Verbs)
def webhook() -> None:
    """Addresses that a store's events are posted to, signed."""


@webhook.command("list")
@click.argument("store_name", metavar="STORE")
@as_json
def list_webhooks(store_name: str, as_json: bool) -> None:
    """The webhooks of STORE (id or name)."""
    rows = webhooks_of_store(reading(), the_store(store_name).id)
    if as_json:
        print_json([_told(row) for row in rows])
        return
    for row in rows:
        state = "enabled" if row.enabled else f"replaced by {row.replaced_by}" if row.replaced_by else "disabled"
        asked = "everything" if row.everything else ", ".join(row.specific_events)
        click.echo(printable(f"{row.id}  {state}  {row.endpoint.url}  {asked}"))


@webhook.command()
@click.argument("store_name", metavar="STORE")
@click.argument("url")
@click.option("--event", "events", type=TYPE_NAMES, multiple=True, help="Only these; repeatable.")
@click.option("--ask-secret", is_flag=True, help="Type the secret instead of having one made.")
@click.option("--one-try", is_flag=True, help="Do not try again what fails.")
@as_json
def add(store_name: str, url: str, events: tuple[str, ...], ask_secret: bool, one_try: bool, as_json: bool) -> None:
    """Tell URL what happens to invoices of STORE (id or name). The secret is shown once.

    No API client replaces a webhook that was made here.
    """
    why = services().refused_target(url)
    if why is not None:
        raise BadInput("URL", url, why)
    secret = click.prompt("Secret", hide_input=True, confirmation_prompt=True, err=True) if ask_secret else None
    terms = WebhookTerms(url, Subscription(not events, events), automatic_redelivery=not one_try, secret=secret)
    webhook_id = create_webhook(the_store(store_name).id, terms, services().clock.now(), by_hand=True)
    made = reading().get_one(Webhook, webhook_id).secret
    if as_json:
        print_json({"id": webhook_id, "secret": made})
    else:
        told = "" if ask_secret else f" with the secret {made}\nKeep it: it is not shown again."
        click.echo(f"Webhook {webhook_id}{told}")


@webhook.command()
@click.argument("webhook_id", metavar="ID")
def disable(webhook_id: str) -> None:
    """Tell the webhook nothing more, not even what waits for it."""
    disable_webhook(webhook_id)
    click.echo(f"{webhook_id} is disabled.")


@webhook.command()
@click.argument("webhook_id", metavar="ID")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@as_json
def deliveries(webhook_id: str, limit: int, as_json: bool) -> None:
    """What the webhook was told or waits for, newest first, with every attempt."""
    found = live_webhook(reading(), webhook_id)
    if found is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    rows = [_delivery(row) for row in deliveries_to(reading(), found, limit)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        reason = f": {row['reason']}" if row["reason"] else ""
        click.echo(f"{row['event']} of invoice {row['invoice']}, {row['state']}{reason}")
        for attempt in row["attempts"]:
            came = attempt["http_status"] or attempt["error"]
            click.echo(printable(f"  {attempt['id']}  {attempt['started_at']}  {came}"))


@webhook.command()
@click.argument("delivery_id", metavar="DELIVERY")
def redeliver(delivery_id: str) -> None:
    """Send a delivery again, at once. DELIVERY is the id of one of its attempts."""
    attempt = reading().get(Attempt, delivery_id)
    if attempt is None or attempt.webhook_id is None:
        raise NotFound(f"no webhook was sent a delivery {delivery_id}")
    new_id = send_again(attempt.webhook_id, delivery_id, services().clock.now())
    click.echo(f"The worker sends it as {new_id}.")


def _told(row: Webhook) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.endpoint.url,
        "enabled": row.enabled,
        "automatic_redelivery": row.automatic_redelivery,
        "events": None if row.everything else row.specific_events,
        "by_hand": row.by_hand,
        "replaced_by": row.replaced_by,
        "created_at": row.created_at.isoformat(),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "invoice": row.invoice_id,
        "event": TYPES[EventType.named(row.event.type)].value,
        "state": row.state,
        "reason": row.reason,
        "attempts": [
            {
                "id": attempt.id,
                "started_at": attempt.started_at.isoformat(timespec="seconds"),
                "http_status": attempt.http_status,
                "error": attempt.error,
            }
            for attempt in row.attempts
        ],
    }
