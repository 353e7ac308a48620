"""The audit log in words: what was done, by whom, and what was different afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.db.queries_audit import ListedEntry
from app.domain.audit import By, Kind

WORDS = {
    Kind.STORE_CREATED: "Store made",
    Kind.STORE_CHANGED: "Store settings changed",
    Kind.STORE_DELETED: "Store taken out of use",
    Kind.RATES_CHANGED: "Rates changed",
    Kind.WALLET_SET: "Wallet given to the store",
    Kind.WALLET_CHANGED: "Wallet settings changed",
    Kind.WALLET_REMOVED: "Wallet taken from the store",
    Kind.WALLET_SCAN: "Scan of the wallet asked for",
    Kind.WALLET_SKIPPED: "Addresses skipped",
    Kind.SHOP_CONNECTED: "Shop connected",
    Kind.SHOP_CHANGED: "Bridge to the shop changed",
    Kind.SHOP_DISCONNECTED: "Shop disconnected",
    Kind.SHOPS_RESEALED: "Shops' keys encrypted with another key",
    Kind.WEBHOOK_CREATED: "Webhook made",
    Kind.WEBHOOK_CHANGED: "Webhook changed",
    Kind.WEBHOOK_DISABLED: "Webhook disabled",
    Kind.WEBHOOK_DELETED: "Webhook deleted",
    Kind.WEBHOOK_TESTED: "Test event asked for",
    Kind.REDELIVERED: "Sent once more",
    Kind.KEY_CREATED: "API key made",
    Kind.KEY_REVOKED: "API key revoked",
    Kind.LEGACY_KEY_MADE: "Legacy API key made",
    Kind.PAIRING_OFFERED: "Pairing code made",
    Kind.PAIRED: "Shop paired",
    Kind.USER_CREATED: "Account made",
    Kind.USER_DISABLED: "Account shut",
    Kind.USER_ENABLED: "Account opened again",
    Kind.PASSWORD_CHANGED: "Password changed",
    Kind.TOTP_ON: "Second factor turned on",
    Kind.TOTP_OFF: "Second factor turned off",
    Kind.TOTP_RESET: "Second factor reset by the operator",
    Kind.TOTP_REFUSED: "Second factor refused",
    Kind.RECOVERY_CODES_MADE: "Recovery codes made",
    Kind.SIGNED_IN: "Signed in",
    Kind.SIGNED_OUT: "Signed out",
    Kind.ROLE_GIVEN: "Role given",
    Kind.ROLE_CHANGED: "Role changed",
    Kind.ROLE_REMOVED: "Role taken away",
    Kind.INVOICE_MARKED: "Invoice marked",
    Kind.INVOICE_ARCHIVED: "Invoice archived",
    Kind.INVOICE_UNARCHIVED: "Invoice taken out of the archive",
    Kind.ALERT_ACKNOWLEDGED: "Alert acknowledged",
    Kind.REFUND_OFFERED: "Refund offered",
    Kind.PULL_PAYMENT_CREATED: "Pull payment made",
    Kind.PULL_PAYMENT_ARCHIVED: "Pull payment withdrawn",
    Kind.PAYOUT_CREATED: "Payout claimed",
    Kind.PAYOUT_APPROVED: "Payout approved",
    Kind.PAYOUT_CANCELLED: "Payout cancelled",
    Kind.PAYOUT_MARKED: "Payout marked",
    Kind.PSBT_ASKED: "Transaction to sign asked for",
    Kind.RESCAN: "Blocks read again",
    Kind.MISMATCH_ASKED: "Remedy for a mismatch asked for",
    Kind.MISMATCH_RESOLVED: "Mismatch resolved",
}
GROUP_WORDS = {
    "store": "Stores",
    "rates": "Rates",
    "wallet": "Wallets",
    "shop": "Shops",
    "webhook": "Webhooks",
    "key": "API keys",
    "pairing": "Pairing",
    "user": "Accounts and signing in",
    "role": "Roles",
    "invoice": "Invoices",
    "refund": "Refunds",
    "payout": "Payouts",
    "chain": "The chain",
    "mismatch": "Mismatches",
}


@dataclass(frozen=True)
class EntryView:
    """An entry as the page shows it."""

    at: datetime
    who: str
    how: str
    store: str
    what: str
    subject: str
    details: list[str]
    address: str


def entry_view(listed: ListedEntry) -> EntryView:
    """With the names that its ids have now."""
    entry = listed.entry
    who, how = _who(listed)
    return EntryView(
        at=entry.at,
        who=who,
        how=how,
        store=listed.store_name or "",
        what=_what(entry.kind),
        subject=entry.subject,
        details=list(_details(entry.details)),
        address=entry.address,
    )


def _what(kind: str) -> str:
    try:
        return WORDS[Kind(kind)]
    except ValueError:  # a newer version wrote it
        return kind


def _who(listed: ListedEntry) -> tuple[str, str]:
    entry, person = listed.entry, listed.email or listed.entry.user_id or ""
    match entry.by:
        case By.PERSON:
            return person, ""
        case By.KEY:
            return person, f"by the API key “{listed.key_label or entry.actor_id}”"
        case By.CLIENT:
            return "A paired shop", entry.actor_id
        case By.STORE_KEY:
            return "A shop", "by a legacy API key"
        case By.COMMAND:
            return entry.actor_id, "on the command line"
        case _:
            return "Nobody who signed in", ""


def _details(details: dict[str, Any]) -> Iterator[str]:
    for name, value in details.items():
        if name == "changes" and isinstance(value, dict):
            yield from (f"{each}: {_shown(old)} → {_shown(new)}" for each, (old, new) in value.items())
        elif isinstance(value, list) and len(value) == 2 and name in ("status", "state", "role"):
            yield f"{name}: {_shown(value[0])} → {_shown(value[1])}"
        else:
            yield f"{name.replace('_', ' ')}: {_shown(value)}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items()) or "none"
    return str(value)
