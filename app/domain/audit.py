"""The audit log's words: who made a change, and what kind of change it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class By(StrEnum):
    """How somebody reached us."""

    PERSON = "person"  # signed in, or by e-mail address and password
    KEY = "key"  # an API key
    CLIENT = "client"  # a paired BitPay client, by its SIN
    STORE_KEY = "store_key"  # the BitPay legacy API key of a store
    COMMAND = "command"  # the command line; the operator's user name on the machine
    NOBODY = "nobody"  # no credentials: a buyer, or our own programs


@dataclass(frozen=True)
class Actor:
    """Who makes a change. `user_id` is the person, be it by a key or not; `address` is empty on the command line."""

    by: By = By.NOBODY
    id: str = ""
    user_id: str | None = None
    address: str = ""


NOBODY = Actor()


class Kind(StrEnum):
    """What was done. The part before the dot is what it was done to."""

    STORE_CREATED = "store.created"
    STORE_CHANGED = "store.changed"
    STORE_DELETED = "store.deleted"
    RATES_CHANGED = "rates.changed"
    WALLET_SET = "wallet.set"
    WALLET_CHANGED = "wallet.changed"
    WALLET_REMOVED = "wallet.removed"
    WALLET_SCAN = "wallet.scan"
    WALLET_SKIPPED = "wallet.skipped"
    SHOP_CONNECTED = "shop.connected"
    SHOP_CHANGED = "shop.changed"
    SHOP_DISCONNECTED = "shop.disconnected"
    SHOPS_RESEALED = "shop.resealed"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_TESTED = "webhook.tested"
    REDELIVERED = "webhook.redelivered"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    LEGACY_KEY_MADE = "key.legacy_made"
    PAIRING_OFFERED = "pairing.offered"
    PAIRED = "pairing.done"
    USER_CREATED = "user.created"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    PASSWORD_CHANGED = "user.password"  # noqa: S105 - the name of a change
    TOTP_ON = "user.totp_on"
    TOTP_OFF = "user.totp_off"
    TOTP_RESET = "user.totp_reset"
    TOTP_REFUSED = "user.totp_refused"
    RECOVERY_CODES_MADE = "user.recovery_codes"
    SIGNED_IN = "user.signed_in"
    SIGNED_OUT = "user.signed_out"
    ROLE_GIVEN = "role.given"
    ROLE_CHANGED = "role.changed"
    ROLE_REMOVED = "role.removed"
    INVOICE_MARKED = "invoice.marked"
    INVOICE_ARCHIVED = "invoice.archived"
    INVOICE_UNARCHIVED = "invoice.unarchived"
    ALERT_ACKNOWLEDGED = "invoice.alert_acknowledged"
    REFUND_OFFERED = "refund.offered"
    PULL_PAYMENT_CREATED = "refund.pull_payment"
    PULL_PAYMENT_ARCHIVED = "refund.withdrawn"
    PAYOUT_CREATED = "payout.created"
    PAYOUT_APPROVED = "payout.approved"
    PAYOUT_CANCELLED = "payout.cancelled"
    PAYOUT_MARKED = "payout.marked"
    PSBT_ASKED = "payout.psbt"
    RESCAN = "chain.rescan"
    MISMATCH_ASKED = "mismatch.asked"
    MISMATCH_RESOLVED = "mismatch.resolved"

    @property
    def group(self) -> str:
        """What it was done to."""
        return self.value.partition(".")[0]


GROUPS = tuple(dict.fromkeys(kind.group for kind in Kind))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{name: [old, new]} of what differs; a name that one of both lacks counts as None there."""
    names = dict.fromkeys((*before, *after))
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}
