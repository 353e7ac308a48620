"""A test event: signed and sent like any other, of an invoice that cannot exist."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.exact_json import dumps
from app.domain.ids import new_id
from app.domain.webhooks import Envelope, WebhookType, body

MARK = "__test__"
SAYS: Mapping[WebhookType, dict[str, bool]] = {
    WebhookType.PROCESSING: {"overPaid": False},
    WebhookType.SETTLED: {"manuallyMarked": False, "overPaid": False},
    WebhookType.INVALID: {"manuallyMarked": False},
    WebhookType.EXPIRED: {"partiallyPaid": False},
    WebhookType.CREATED: {},
}
"""The types that a test can be of, with their flags."""


def a_test_id() -> str:
    """Nothing real has such an id: who looks it up finds nothing."""
    return f"{MARK}{new_id()}{MARK}"


def event_for_test(kind: WebhookType, webhook_id: str, store_id: str, now: datetime) -> bytes:
    """The body of a test. KeyError for a type that none can be of."""
    attempt_id = a_test_id()
    said: dict[str, Any] = {
        "type": kind.value,
        "storeId": store_id,
        "invoiceId": a_test_id(),
        "metadata": {},
        **SAYS[kind],
    }
    return body(dumps(said), Envelope(attempt_id, attempt_id, webhook_id, now))
