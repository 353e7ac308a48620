"""Which API keys the plugin accepts: exactly what it asked for, for one store (plugin contract B3)."""

from collections.abc import Sequence

from regtest.shop.errors import ShopError

REQUIRED = (
    "btcpay.store.canviewinvoices",
    "btcpay.store.cancreateinvoice",
    "btcpay.store.canviewstoresettings",
    "btcpay.store.canmodifyinvoices",
)
REFUNDS = "btcpay.store.cancreatenonapprovedpullpayments"
WEBHOOKS = "btcpay.store.webhooks.canmodifywebhooks"
OPTIONAL = (REFUNDS, WEBHOOKS)
ASKED = (*REQUIRED, *OPTIONAL)


class UnwantedKey(ShopError):
    """The key grants more or less than was asked for, or for another number of stores than one."""


def granted_store(permissions: Sequence[object]) -> str:
    """The one store that a key's permissions are for. Raises UnwantedKey."""
    names, stores = set(), []
    for permission in permissions:
        name, colon, store = str(permission).partition(":")
        if not colon or ":" in store:
            raise UnwantedKey(f"the permission {permission} is not for one store")
        names.add(name)
        stores.append(store)
    if len(set(stores)) != 1:
        raise UnwantedKey("the key has to be for exactly one store")
    if names - set(OPTIONAL) != set(REQUIRED):
        raise UnwantedKey(f"the key has to grant exactly {', '.join(REQUIRED)}; it grants {', '.join(sorted(names))}")
    return stores[0]


def grants(permissions: Sequence[object], name: str) -> bool:
    """Whether a key has this permission, whatever the store."""
    return any(str(permission).partition(":")[0] == name for permission in permissions)
