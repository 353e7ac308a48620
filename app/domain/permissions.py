"""What a key or a person may do: policies, which of them include which, and the store that each is for (greenfield 1).

A permission is a policy with or without a store. Including never widens: what is held for one store says nothing about
another, nor about all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Policy(StrEnum):
    """The policies that Sattle knows, by the names that BTCPay gives them."""

    UNRESTRICTED = "unrestricted"
    MODIFY_STORE = "btcpay.store.canmodifystoresettings"
    VIEW_STORE = "btcpay.store.canviewstoresettings"
    MODIFY_WEBHOOKS = "btcpay.store.webhooks.canmodifywebhooks"
    MODIFY_INVOICES = "btcpay.store.canmodifyinvoices"
    VIEW_INVOICES = "btcpay.store.canviewinvoices"
    CREATE_INVOICE = "btcpay.store.cancreateinvoice"
    CREATE_LIGHTNING_INVOICE = "btcpay.store.cancreatelightninginvoice"
    VIEW_REPORTS = "btcpay.store.canviewreports"
    MODIFY_PAYMENT_REQUESTS = "btcpay.store.canmodifypaymentrequests"
    VIEW_PAYMENT_REQUESTS = "btcpay.store.canviewpaymentrequests"
    MANAGE_PULL_PAYMENTS = "btcpay.store.canmanagepullpayments"
    ARCHIVE_PULL_PAYMENTS = "btcpay.store.canarchivepullpayments"
    CREATE_PULL_PAYMENTS = "btcpay.store.cancreatepullpayments"
    CREATE_NON_APPROVED_PULL_PAYMENTS = "btcpay.store.cancreatenonapprovedpullpayments"
    VIEW_PULL_PAYMENTS = "btcpay.store.canviewpullpayments"
    MANAGE_PAYOUTS = "btcpay.store.canmanagepayouts"
    VIEW_PAYOUTS = "btcpay.store.canviewpayouts"
    USE_LIGHTNING = "btcpay.store.canuselightningnode"
    SEND_EMAILS = "btcpay.store.cansendstoreemails"
    MANAGE_WALLETS = "btcpay.store.canmanagewallets"
    MANAGE_WALLET_SETTINGS = "btcpay.store.canmanagewalletsettings"
    MANAGE_WALLET_TRANSACTIONS = "btcpay.store.canmanagewallettransactions"
    CREATE_WALLET_TRANSACTIONS = "btcpay.store.cancreatewallettransactions"
    SIGN_WALLET_TRANSACTIONS = "btcpay.store.cansignwallettransactions"
    BROADCAST_WALLET_TRANSACTIONS = "btcpay.store.canbroadcastwallettransactions"
    CANCEL_WALLET_TRANSACTIONS = "btcpay.store.cancancelwallettransactions"
    VIEW_WALLET = "btcpay.store.canviewwallet"
    MODIFY_SERVER = "btcpay.server.canmodifyserversettings"
    USE_INTERNAL_LIGHTNING = "btcpay.server.canuseinternallightningnode"
    MANAGE_USERS = "btcpay.server.canmanageusers"
    CREATE_USER = "btcpay.server.cancreateuser"
    VIEW_USERS = "btcpay.server.canviewusers"
    MODIFY_PROFILE = "btcpay.user.canmodifyprofile"
    VIEW_PROFILE = "btcpay.user.canviewprofile"
    DELETE_USER = "btcpay.user.candeleteuser"
    MANAGE_NOTIFICATIONS = "btcpay.user.canmanagenotificationsforuser"
    VIEW_NOTIFICATIONS = "btcpay.user.canviewnotificationsforuser"

    @property
    def is_for_stores(self) -> bool:
        """May it be held for one store?"""
        return self.startswith("btcpay.store.")

    @property
    def is_for_server(self) -> bool:
        """Does it reach beyond what a merchant owns?"""
        return self.startswith("btcpay.server.")


class Role(StrEnum):
    """What a person is to a store."""

    OWNER = "Owner"
    MANAGER = "Manager"
    EMPLOYEE = "Employee"
    GUEST = "Guest"
    VIEWER = "Viewer"  # not among BTCPay's own: nobody there can only look


P = Policy
DIRECTLY: Mapping[Policy, tuple[Policy, ...]] = {  # the right ones are included in the left one
    P.UNRESTRICTED: tuple(policy for policy in Policy if policy is not P.UNRESTRICTED),
    P.MODIFY_STORE: (
        P.MANAGE_PULL_PAYMENTS,
        P.MODIFY_INVOICES,
        P.VIEW_STORE,
        P.MODIFY_WEBHOOKS,
        P.MODIFY_PAYMENT_REQUESTS,
        P.MANAGE_PAYOUTS,
        P.USE_LIGHTNING,
        P.SEND_EMAILS,
        P.MANAGE_WALLETS,
    ),
    P.VIEW_STORE: (
        P.VIEW_INVOICES,
        P.VIEW_PAYMENT_REQUESTS,
        P.VIEW_REPORTS,
        P.VIEW_PULL_PAYMENTS,
        P.VIEW_PAYOUTS,
    ),
    P.MODIFY_INVOICES: (P.VIEW_INVOICES, P.CREATE_INVOICE, P.CREATE_LIGHTNING_INVOICE),
    P.MANAGE_PULL_PAYMENTS: (P.CREATE_PULL_PAYMENTS, P.ARCHIVE_PULL_PAYMENTS),
    P.CREATE_PULL_PAYMENTS: (P.CREATE_NON_APPROVED_PULL_PAYMENTS,),
    P.CREATE_NON_APPROVED_PULL_PAYMENTS: (P.VIEW_PULL_PAYMENTS,),
    P.MANAGE_PAYOUTS: (P.VIEW_PAYOUTS,),
    P.MODIFY_PAYMENT_REQUESTS: (P.VIEW_PAYMENT_REQUESTS,),
    P.MANAGE_WALLETS: (P.MANAGE_WALLET_SETTINGS, P.MANAGE_WALLET_TRANSACTIONS),
    P.MANAGE_WALLET_SETTINGS: (P.VIEW_WALLET,),
    P.MANAGE_WALLET_TRANSACTIONS: (
        P.CREATE_WALLET_TRANSACTIONS,
        P.SIGN_WALLET_TRANSACTIONS,
        P.BROADCAST_WALLET_TRANSACTIONS,
        P.CANCEL_WALLET_TRANSACTIONS,
    ),
    P.CREATE_WALLET_TRANSACTIONS: (P.VIEW_WALLET,),
    P.SIGN_WALLET_TRANSACTIONS: (P.VIEW_WALLET,),
    P.BROADCAST_WALLET_TRANSACTIONS: (P.VIEW_WALLET,),
    P.CANCEL_WALLET_TRANSACTIONS: (P.VIEW_WALLET,),
    P.MODIFY_SERVER: (P.USE_INTERNAL_LIGHTNING, P.MANAGE_USERS),
    P.MANAGE_USERS: (P.CREATE_USER,),
    P.MODIFY_PROFILE: (P.VIEW_PROFILE,),
    P.MANAGE_NOTIFICATIONS: (P.VIEW_NOTIFICATIONS,),
}
ROLES: Mapping[Role, tuple[Policy, ...]] = {
    Role.OWNER: (P.MODIFY_STORE,),
    Role.MANAGER: (
        P.VIEW_STORE,
        P.MODIFY_INVOICES,
        P.MODIFY_WEBHOOKS,
        P.MODIFY_PAYMENT_REQUESTS,
        P.MANAGE_PULL_PAYMENTS,
        P.MANAGE_PAYOUTS,
    ),
    Role.EMPLOYEE: (
        P.MODIFY_INVOICES,
        P.MODIFY_PAYMENT_REQUESTS,
        P.CREATE_NON_APPROVED_PULL_PAYMENTS,
        P.VIEW_PAYOUTS,
    ),
    Role.GUEST: (P.MODIFY_INVOICES, P.VIEW_PAYMENT_REQUESTS, P.VIEW_PULL_PAYMENTS, P.VIEW_PAYOUTS),
    Role.VIEWER: (P.VIEW_INVOICES, P.VIEW_PAYMENT_REQUESTS, P.VIEW_REPORTS, P.VIEW_PAYOUTS),  # a refund's link is money
}


def _closure(policy: Policy) -> frozenset[Policy]:
    return frozenset({policy}.union(*(_closure(each) for each in DIRECTLY.get(policy, ()))))


INCLUDED: Mapping[Policy, frozenset[Policy]] = {policy: _closure(policy) for policy in Policy}
OF_ROLE: Mapping[Role, frozenset[Policy]] = {
    role: frozenset().union(*(INCLUDED[policy] for policy in policies)) for role, policies in ROLES.items()
}


@dataclass(frozen=True)
class Permission:
    """A policy, for one store or, without one, for whatever its holder has."""

    policy: Policy
    store_id: str | None = None

    def __str__(self) -> str:
        return self.policy.value if self.store_id is None else f"{self.policy.value}:{self.store_id}"

    def for_store(self, store_id: str | None) -> "Permission":
        """The same for one store, if it can be held for one and names none yet."""
        if store_id is None or self.store_id is not None or not self.policy.is_for_stores:
            return self
        return Permission(self.policy, store_id)

    def includes(self, other: "Permission") -> bool:
        """Does holding this grant `other`?"""
        reaches = self.store_id is None or self.store_id == other.store_id
        return reaches and other.policy in INCLUDED[self.policy]


@lru_cache(maxsize=4096)
def permission(text: str) -> Permission:
    """From `policy` or `policy:store`. ValueError when it is none that we know."""
    name, colon, store_id = text.partition(":")
    policy = Policy(name)
    if colon and not (store_id and policy.is_for_stores):
        raise ValueError(f"{name} is not held for a store" if store_id else f"{text} names no store")
    return Permission(policy, store_id or None)


@dataclass(frozen=True)
class Holder:
    """Who asks: a person, by name and password or by a key. `stores` are those looked up, with the role in each.

    A key grants no more than its person may do; a person may do in a store what the role there includes.
    """

    user_id: str
    permissions: tuple[Permission, ...]
    stores: Mapping[str, Role]
    is_administrator: bool = False
    key_id: str | None = None

    def may(self, policy: Policy, store_id: str | None = None) -> bool:
        """Is `policy` held, in the store if one is named? Without one it must be held without a store."""
        wanted = Permission(policy, store_id)
        if not any(held.includes(wanted) for held in self.permissions):
            return False
        if store_id is not None:
            return store_id in self.stores and policy in OF_ROLE[self.stores[store_id]]
        return self.is_administrator or not policy.is_for_server

    def may_somewhere(self, policy: Policy) -> bool:
        """Is `policy` held for any store at all, be it one that no longer is?"""
        return any(policy in INCLUDED[held.policy] for held in self.permissions)

    def stores_where(self, policy: Policy) -> list[str]:
        """The stores in which `policy` is held, of those looked up."""
        return [store_id for store_id in self.stores if self.may(policy, store_id)]


def beyond(held: Iterable[Permission], wanted: Iterable[Permission]) -> list[Permission]:
    """The wanted permissions that nothing held includes."""
    held = tuple(held)
    return [each for each in wanted if not any(one.includes(each) for one in held)]
