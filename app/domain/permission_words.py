"""What a policy lets its holder do, in words for the merchant who is asked to grant it."""

from collections.abc import Mapping

from app.domain.permissions import Policy

P = Policy
WORDS: Mapping[Policy, str] = {
    P.UNRESTRICTED: "Do everything that you can do: all stores, all settings, users and further keys",
    P.MODIFY_STORE: "Change everything about the store: settings, rates, wallet, webhooks, invoices, refunds and users",
    P.VIEW_STORE: "See the store's settings, invoices, refunds and payouts",
    P.MODIFY_WEBHOOKS: "Make, change and remove webhooks, by which the shop is told of payments",
    P.MODIFY_INVOICES: "Make invoices, see them, and mark them as settled or invalid",
    P.VIEW_INVOICES: "See invoices and what was paid, with the buyers' names and addresses on them",
    P.CREATE_INVOICE: "Make invoices",
    P.CREATE_LIGHTNING_INVOICE: "Make lightning invoices (this server has none)",
    P.VIEW_REPORTS: "See reports",
    P.MODIFY_PAYMENT_REQUESTS: "Make and change payment requests (this server has none)",
    P.VIEW_PAYMENT_REQUESTS: "See payment requests (this server has none)",
    P.MANAGE_PULL_PAYMENTS: "Make refunds, approved at once if it likes, and withdraw them",
    P.ARCHIVE_PULL_PAYMENTS: "Withdraw refunds",
    P.CREATE_PULL_PAYMENTS: "Make refunds that are approved without asking you again",
    P.CREATE_NON_APPROVED_PULL_PAYMENTS: "Offer refunds; you approve each one before it is paid",
    P.VIEW_PULL_PAYMENTS: "See refunds",
    P.MANAGE_PAYOUTS: "Approve and cancel payouts, and mark them as paid",
    P.VIEW_PAYOUTS: "See payouts",
    P.USE_LIGHTNING: "Use the store's lightning node (this server has none)",
    P.SEND_EMAILS: "Send e-mails in the store's name (this server sends none)",
    P.MANAGE_WALLETS: "Manage the store's wallet (no key is kept here, so nobody can spend through this server)",
    P.MANAGE_WALLET_SETTINGS: "Change which wallet the store is paid to",
    P.MANAGE_WALLET_TRANSACTIONS: "Prepare transactions of the wallet (this server cannot spend)",
    P.CREATE_WALLET_TRANSACTIONS: "Prepare transactions of the wallet (this server cannot spend)",
    P.SIGN_WALLET_TRANSACTIONS: "Sign transactions of the wallet (this server cannot)",
    P.BROADCAST_WALLET_TRANSACTIONS: "Publish transactions of the wallet (this server does not)",
    P.CANCEL_WALLET_TRANSACTIONS: "Cancel transactions of the wallet (this server has none)",
    P.VIEW_WALLET: "See the store's wallet and its addresses",
    P.MODIFY_SERVER: "Change the settings of this server, and its users",
    P.USE_INTERNAL_LIGHTNING: "Use the server's lightning node (it has none)",
    P.MANAGE_USERS: "Make, change and remove users of this server, and keys in their names",
    P.CREATE_USER: "Make users of this server",
    P.VIEW_USERS: "See the users of this server",
    P.MODIFY_PROFILE: "Change your account's e-mail address, name and password",
    P.VIEW_PROFILE: "See your account's e-mail address and name",
    P.DELETE_USER: "Delete your account",
    P.MANAGE_NOTIFICATIONS: "See and clear your notifications",
    P.VIEW_NOTIFICATIONS: "See your notifications",
}
SWEEPING = frozenset({P.UNRESTRICTED, P.MODIFY_STORE, P.MANAGE_WALLETS, P.MANAGE_WALLET_SETTINGS, P.DELETE_USER})
"""Policies that no shop needs to be paid; those over the whole server are as sweeping."""


def words_for(policy: Policy) -> str:
    """What the holder can do, as the end of a sentence that begins with "can"."""
    return WORDS[policy]


def is_sweeping(policy: Policy) -> bool:
    """Should a merchant look twice before granting it?"""
    return policy in SWEEPING or policy.is_for_server
