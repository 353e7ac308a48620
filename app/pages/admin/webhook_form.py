"""A webhook as a form: where to, what of, whether it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app.db.models import Webhook
from app.domain.webhooks import Subscription, WebhookTerms, WebhookType
from app.errors import BadInput
from app.pages.admin.form import told
from app.services import services

LONGEST_URL = 2_000
MOST_SECRET_BYTES = 500
SHORTEST_SECRET = 8


@dataclass(frozen=True)
class WebhookForm:
    """The form as it stands: what was typed, and what is wrong with it by field."""

    url: str
    everything: bool
    events: tuple[str, ...]
    enabled: bool
    again: bool
    troubles: Mapping[str, str]


BLANK = WebhookForm("", everything=True, events=(), enabled=True, again=True, troubles={})


def form_of(webhook: Webhook) -> WebhookForm:
    """As it is stored; the secret is never shown again."""
    return WebhookForm(
        webhook.endpoint.url,
        webhook.everything,
        tuple(webhook.specific_events),
        webhook.enabled,
        webhook.automatic_redelivery,
        {},
    )


def terms_sent(url: str, what: str, events: list[str], ticked: Mapping[str, str]) -> tuple[WebhookTerms, WebhookForm]:
    """What the form asks for, and the form; it is good when it has no troubles."""
    troubles = {}
    secret = ticked.get("secret", "")
    checks = {"url": partial(_url, url), "events": partial(_events, what, events), "secret": partial(_secret, secret)}
    for name, check in checks.items():
        try:
            check()
        except BadInput as trouble:
            troubles[name] = told(trouble)
    everything = what != "some"
    enabled, again = ticked.get("enabled") == "1", ticked.get("again") == "1"
    form = WebhookForm(url, everything, tuple(events), enabled, again, troubles)
    asked = Subscription(everything, () if everything else tuple(events))
    return WebhookTerms(url, asked, enabled, again, secret or None), form


def _url(url: str) -> None:
    if not url:
        raise BadInput("url", "", "give the address that is to be told: https://…")
    if len(url) > LONGEST_URL or not url.isprintable():
        raise BadInput("url", url[:60], f"give an address of at most {LONGEST_URL} characters")
    why = services().refused_target(url)
    if why is not None:
        raise BadInput("url", "", f"nothing can be sent to this address: {why}")


def _events(what: str, events: list[str]) -> None:
    known = {kind.value for kind in WebhookType}
    if what == "some" and not events:
        raise BadInput("events", "", "tick at least one, or choose everything")
    if unknown := [name for name in events if name not in known]:
        raise BadInput("events", unknown[0], "tick those of the list")


def _secret(secret: str) -> None:
    fits = len(secret) >= SHORTEST_SECRET and len(secret.encode()) <= MOST_SECRET_BYTES
    if secret and not (fits and secret.isprintable()):
        raise BadInput("secret", "", f"use {SHORTEST_SECRET} to {MOST_SECRET_BYTES} characters, or leave it empty")
