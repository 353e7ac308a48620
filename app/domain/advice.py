"""Advice on a shop's settings: where they collide with the store's terms, in a sentence for the merchant."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.domain.findings import Finding, failed, ok, warning
from app.domain.shop_facts import ShopFacts

MINUTES_A_BLOCK = 10
SLOW_LUCK = 3  # one block in twenty takes three times the usual
CONFIRMATIONS = {"HighSpeed": 0, "MediumSpeed": 1, "LowMediumSpeed": 2, "LowSpeed": 6}
OLDEST_V2 = (2, 0)
NOT_TOLD = "look again; the key's user may lack the right"


@dataclass(frozen=True)
class StoreTerms:
    """What a store sells by."""

    currency: str
    expiration_seconds: int
    speed_policy: str
    on_hold_at_sight: bool | None = None

    @property
    def waits_minutes(self) -> int:
        """For confirmations, when blocks come slowly."""
        return CONFIRMATIONS.get(self.speed_policy, 6) * MINUTES_A_BLOCK * SLOW_LUCK

    @property
    def expires_minutes(self) -> int:
        return -(-self.expiration_seconds // 60)


def puts_on_hold(facts: ShopFacts, wanted: bool | None) -> bool:
    """Is an order put on hold as soon as its payment is seen? Where nobody chose: if the shop may hold stock.

    A shop that does not tell may cancel an order that was paid; on hold it is safe, at the price of a mail more.
    """
    return facts.holds_stock is not False if wanted is None else wanted


def advice_on(facts: ShopFacts, terms: StoreTerms) -> list[Finding]:
    """All that can be said from what the shop told, best news and worst alike."""
    checks = (_currency, _decimals, _gateway, _plugin, _hold_stock, _cron, _permalinks, _own_address)
    return [check(facts, terms) for check in checks]


def _hold_stock(facts: ShopFacts, terms: StoreTerms) -> Finding:
    """WooCommerce cancels a pending order once nothing has changed it for that long; on-hold orders are left alone."""
    check, held = "hold stock", facts.hold_stock_minutes
    if facts.holds_stock is False:
        return ok(check, "the shop cancels no order because its payment takes time")
    if facts.holds_stock is None or held is None:
        says = "the shop did not tell whether it cancels orders that wait for their payment"
        on_hold = puts_on_hold(facts, terms.on_hold_at_sight)
        return warning(check, says + ("; orders are put on hold at first sight" if on_hold else ""), NOT_TOLD)
    expires, waits = terms.expires_minutes, terms.waits_minutes
    says = f"the shop cancels unpaid orders after {held} min"
    if held < expires:
        return failed(
            check,
            f"{says}, and invoices can be paid for {expires} min: an order may be cancelled while its buyer is paying",
            f"set Hold stock to {expires + waits} min or more in WooCommerce, Settings, Products, Inventory, or let"
            f" invoices expire after {held} min or less",
        )
    if held < expires + waits and not puts_on_hold(facts, terms.on_hold_at_sight):
        return warning(
            check,
            f"{says}; an invoice takes up to {expires} min to be paid and may wait some {waits} min for its"
            " confirmations: an order that was paid may be cancelled before it is settled",
            f"put orders on hold at first sight (below), or set Hold stock to {expires + waits} min or more",
        )
    saved = ", and orders are put on hold as soon as a payment is seen" if held < expires + waits else ""
    return ok(check, f"{says}, later than invoices of {expires} min need{saved}")


def _currency(facts: ShopFacts, terms: StoreTerms) -> Finding:
    check = "currency"
    if facts.currency is None:
        return warning(check, "the shop did not tell its currency", NOT_TOLD)
    if facts.currency.upper() == terms.currency.upper():
        return ok(check, f"shop and store count in {facts.currency}")
    says = f"the shop sells in {facts.currency}, the store's own currency is {terms.currency}"
    return ok(check, f"{says}; invoices are made in the shop's")


def _decimals(facts: ShopFacts, _terms: StoreTerms) -> Finding:
    check, usual = "decimals", {"JPY": 0, "KRW": 0, "CLP": 0, "SAT": 0, "BTC": 8}
    if facts.decimals is None:
        return ok(check, "the shop did not tell how many it shows")
    wanted = usual.get((facts.currency or "").upper(), 2)
    if facts.decimals < wanted:
        says = f"prices are shown with {facts.decimals} decimals and {facts.currency} has {wanted}: totals are rounded"
        return warning(check, says, f"set Number of decimals to {wanted} in WooCommerce, Settings, General")
    return ok(check, f"prices have {facts.decimals}")


def _gateway(facts: ShopFacts, _terms: StoreTerms) -> Finding:
    check = "payment method"
    if facts.gateways is None:
        return warning(check, "the shop did not tell its payment methods", NOT_TOLD)
    enabled = sorted(name for name, is_on in facts.gateways.items() if is_on)
    if enabled:
        return ok(check, f"{', '.join(enabled)} is offered at the checkout")
    if facts.gateways:
        says = f"{', '.join(sorted(facts.gateways))} is installed and switched off: nobody can pay by Bitcoin"
        return failed(check, says, "enable it in WooCommerce, Settings, Payments")
    remedy = "install “BTCPay for WooCommerce” in the shop and connect it to this server"
    return failed(check, "no Bitcoin payment method is installed in the shop", remedy)


def _plugin(facts: ShopFacts, _terms: StoreTerms) -> Finding:
    check = "plugin"
    if not facts.plugins:
        return ok(check, "the shop did not tell its plugins' versions")
    told = ", ".join(f"{name} {version}" for name, version in sorted(facts.plugins.items()))
    for name, version in facts.plugins.items():
        if "greenfield" in name and _numbers(version) < OLDEST_V2:
            return warning(check, f"{told} is old", "update the plugin in the shop")
    return ok(check, told)


def _cron(facts: ShopFacts, _terms: StoreTerms) -> Finding:
    check = "WP-Cron"
    if facts.wp_cron is False:
        says = "WP-Cron is switched off in the shop (DISABLE_WP_CRON)"
        remedy = "make sure that the host calls wp-cron.php each minute; without it mails and stock wait"
        return warning(check, says, remedy)
    return ok(check, "the shop runs its own" if facts.wp_cron else "the shop did not tell")


def _permalinks(facts: ShopFacts, _terms: StoreTerms) -> Finding:
    check = "permalinks"
    if facts.plain_permalinks:
        says = "the shop has plain permalinks: its REST API works by a trick only"
        return warning(check, says, "choose anything but Plain in WordPress, Settings, Permalinks, then connect again")
    return ok(check, "the REST API has an address of its own")


def _own_address(facts: ShopFacts, _terms: StoreTerms) -> Finding:
    check = "own address"
    if not facts.home_seen:
        return ok(check, "the shop did not tell")
    return ok(check, f"the shop calls itself {urlsplit(facts.home_seen).scheme}://{urlsplit(facts.home_seen).netloc}")


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 9)
