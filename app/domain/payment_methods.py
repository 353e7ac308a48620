"""The ids of payment methods in every spelling that clients use (greenfield 1)."""

ONCHAIN = "BTC-CHAIN"
SUPPORTED = (ONCHAIN,)  # by this server
KNOWN = (ONCHAIN, "BTC-LN", "BTC-LNURL")  # what clients may name beside them: no store here has it, so it is left out
KINDS = {
    "": "CHAIN",
    "CHAIN": "CHAIN",
    "ONCHAIN": "CHAIN",
    "BTCLIKE": "CHAIN",
    "LN": "LN",
    "LIGHTNINGNETWORK": "LN",
    "LIGHTNINGLIKE": "LN",
    "LNURL": "LNURL",
    "LNURLPAY": "LNURL",
}


def payment_method_id(text: str) -> str:
    """The one spelling that we use: BTC_CHAIN, btc and BTC-OnChain become BTC-CHAIN. ValueError when it is none."""
    coin, _, kind = text.strip().upper().replace("_", "-").partition("-")
    if not (coin.isascii() and coin.isalnum()) or kind not in KINDS:
        raise ValueError(f"{text[:40]!r} is no payment method")
    return f"{coin}-{KINDS[kind]}"
