"""The shop's exceptions.

RegtestError
└── ShopError               something the shop answers with 500 and its text
    ├── NotPaired           not paired, or not connected, with a server yet
    ├── NoSuchOrder         an order id that the shop never gave out
    ├── BadIpn              a notification that the plugin cannot use
    ├── UnwantedKey         an API key that grants something else than was asked for (greenfield.permissions)
    ├── UnreadableData      a field of another type than the plugin's getters declare (greenfield.payment_data)
    ├── NoRefund            a refund that the plugin does not make (greenfield.refunds)
    ├── ServerRefused       Sattle answered with an error, or with something that is no answer
    └── ServerUnreachable   Sattle did not answer in time
"""

from regtest.errors import RegtestError


class ShopError(RegtestError):
    """Something went wrong in the shop; the text says what."""


class NotPaired(ShopError):
    """The shop has no key and token yet, or no API key: it cannot ask for invoices."""


class NoSuchOrder(ShopError):
    """The shop never gave out this order id."""


class BadIpn(ShopError):
    """A notification that lacks what the plugin needs, or that names another invoice than the order has."""


class ServerRefused(ShopError):
    """Sattle answered with an error, or with something that is no answer. `status` is the HTTP status, if known."""

    def __init__(self, words: str, status: int | None = None) -> None:
        super().__init__(words)
        self.status = status


class ServerUnreachable(ShopError):
    """Sattle did not answer, or not in time."""
