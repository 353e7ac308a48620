"""The fee rate that a network fee is reckoned with (invoice-states 4.5)."""

VBYTES_PER_PAYMENT = 100
LOWEST, HIGHEST = 1, 100  # sat/vB
UNKNOWN = 20  # sat/vB, where the node never had an estimate


def clamp_fee_rate(sat_per_vbyte: int) -> int:
    """An estimate kept within reason."""
    return min(max(sat_per_vbyte, LOWEST), HIGHEST)


def fee_rate_or_default(known: int | None, network: str) -> int:
    """The last known rate in sat/vB, or the default: 1 on regtest, where nobody competes for blocks, else 20."""
    if known is not None:
        return clamp_fee_rate(known)
    return LOWEST if network == "regtest" else UNKNOWN
