"""The ways to pay that a shop knows besides its own plugins' ones, and what a buyer reads of each."""

TITLES = {
    "btcpay": "Bitcoin",
    "btcpaygf_default": "BTCPay (Bitcoin, Lightning Network, ...)",
    "bacs": "Bank transfer",
    "card": "Credit card",
}


def title_of(gateway: str) -> str:
    """As WooCommerce writes it into an order."""
    return TITLES.get(gateway, f"BTCPay ({gateway.rpartition('_')[2]})")
