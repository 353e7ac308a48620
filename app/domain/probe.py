"""What an answer to a harmless event says about the way to a shop: is it the plugin that answers, or who else?"""

from app.domain.findings import Finding, failed, ok, warning
from app.domain.who_answered import first_words, who_answered

CHECK = "webhook"


def probe_finding(host: str, status: int | None, error: str | None, excerpt: str | None, server: str = "") -> Finding:
    """A line of the doctor. `status` is None without an answer; `server` is what the Server header said."""
    if status is None:
        remedy = "see that the shop runs; until it answers, events wait and the bridge repairs orders by REST"
        return failed(CHECK, f"{host} does not take our events: {error}", remedy)
    text = excerpt or ""
    words = first_words(text)
    if 200 <= status < 300:
        return ok(CHECK, f"{host} takes our events ({status})")
    if status == 500 and "validation failed" in text.lower():
        remedy = "in the shop's BTCPay settings, connect again (or save the settings): it makes a webhook of its own"
        return failed(CHECK, f"{host} refuses our signature: its plugin has another secret", remedy)
    who = who_answered({"server": server} if server else {}, text)
    said = f"{who or host} answers {status} to our events" + (f": {words}" if words else "")
    if who == "maintenance mode" or status == 503:
        return warning(CHECK, said, "an update usually ends within minutes; look again then")
    if 300 <= status < 400:
        return failed(CHECK, said, "connect the plugin again with the address that the shop sends its visitors to")
    if status in (401, 403, 406, 429) or who:
        return failed(
            CHECK, said, f"allow this server to post to the shop in {who or 'its firewall or password protection'}"
        )
    if status in (404, 410):
        return failed(CHECK, said, "see that the BTCPay plugin is active in the shop, then connect it again")
    return failed(CHECK, said, "look into the shop's error log (WooCommerce, Status, Logs)")
