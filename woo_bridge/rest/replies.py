"""What an answer of a shop means: JSON to go on with, or the trouble it stands for, with a remedy."""

from typing import Any
from urllib.parse import urlsplit

from app.domain.exact_json import loads
from app.domain.who_answered import first_words, who_answered
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.line import Reply

MOST_RETRY_AFTER = 24 * 3600
LONGEST_MESSAGE = 200
GONE = ("woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_order_invalid_id")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
SAME_KEY = "make a new key with read/write permission in WooCommerce, Settings, Advanced, REST API, and connect again"


def json_of(reply: Reply, method: str) -> Any:
    """The JSON of an answer that went well. Raises ShopTrouble for every other."""
    body = parsed(reply)
    if 200 <= reply.status < 300 and body is not None:
        return body
    if 200 <= reply.status < 300:
        raise _no_json(reply)
    raise trouble_of(reply, body, method)


def parsed(reply: Reply) -> Any:
    """JSON, or None when it is none. Some shops put a byte-order mark before it."""
    try:
        return loads(reply.body.decode("utf-8-sig").strip())
    except (ValueError, RecursionError):
        return None


def trouble_of(reply: Reply, body: Any, method: str) -> ShopTrouble:
    """What an answer other than 2xx says. Decided by status and code: messages are in the shop's language."""
    status = reply.status
    code, message = _code(body)
    if 300 <= status < 400:
        return _redirected(reply)
    if status in (429, 503):
        return _busy(reply)
    if status >= 500:
        words = message or first_words(reply.text) or "no words"
        says = f"the shop answers {status}: {words}"
        remedy = "look into the shop's error log (WooCommerce, Status, Logs); the shop is asked again by itself"
        return ShopTrouble(TroubleKind.SERVER_ERROR, says, remedy, http_status=status, code=code)
    if code is None:
        return _no_code(reply)
    return _refusal(status, code, message, method)


def _refusal(status: int, code: str, message: str, method: str) -> ShopTrouble:
    told = f"the shop answers {status} {code}" + (f": {message}" if message else "")
    kind, remedy = _kind(status, code, method)
    return ShopTrouble(kind, told, remedy, http_status=status, code=code)


def _kind(status: int, code: str, method: str) -> tuple[TroubleKind, str]:
    if code == "rest_no_route":
        return TroubleKind.NO_REST_API, "see that WooCommerce is active and that its REST API is not switched off"
    if status == 401 and code == "woocommerce_rest_authentication_error" and method in WRITES:
        return TroubleKind.WRITE_REFUSED, "the key may only read: " + SAME_KEY
    if status == 401 and (code.startswith("woocommerce_rest_") or code == "invalid_username"):
        return TroubleKind.KEY_REFUSED, SAME_KEY
    if status == 403 and code.startswith("woocommerce_rest_cannot_"):
        return TroubleKind.ROLE_TOO_WEAK, "the key's user must be an administrator or a shop manager: " + SAME_KEY
    if status in (401, 403):
        return TroubleKind.BLOCKED, "let the security plugin that answers allow the REST API for WooCommerce's keys"
    if status in (404, 410):
        return TroubleKind.NO_SUCH_THING, "nothing in the shop has this id"
    return TroubleKind.BAD_REQUEST, "this should not happen: tell the maintainers of Sattle what the shop said"


def _no_code(reply: Reply) -> ShopTrouble:
    """A 4xx that the REST API did not write."""
    who, words, status = who_answered(reply.headers, reply.text), first_words(reply.text), reply.status
    said = f"{who or 'something before the shop'} answers {status}" + (f": {words}" if words else "")
    if status == 404 and who is None:
        remedy = "set the shop's permalinks to anything but Plain, and see that WooCommerce is active"
        return ShopTrouble(
            TroubleKind.NO_REST_API, f"there is no REST API at this address: {said}", remedy, http_status=404
        )
    where = who or "the firewall or password protection of the shop"
    remedy = f"allow requests to /wp-json/wc/ from this server in {where}"
    return ShopTrouble(TroubleKind.BLOCKED, said, remedy, http_status=status)


def _no_json(reply: Reply) -> ShopTrouble:
    text = reply.text.lstrip("\ufeff \r\n\t")
    if text.startswith("<") and not any(mark in text for mark in ('{"', "[{")):
        who, words = who_answered(reply.headers, text), first_words(text)
        says = f"a web page came where the REST API should answer ({who or words or 'without a title'})"
        remedy = "set the shop's permalinks to anything but Plain, and let no page or cache stand before /wp-json/"
        return ShopTrouble(TroubleKind.HTML, says, remedy, http_status=reply.status)
    says = f"the answer is no JSON; it begins with {text[:60]!r}"
    remedy = "let PHP show no errors on the shop's pages (WP_DEBUG_DISPLAY false); they are printed into its answers"
    return ShopTrouble(TroubleKind.BAD_JSON, says, remedy, http_status=reply.status)


def _redirected(reply: Reply) -> ShopTrouble:
    shown = _where_to(reply.headers.get("location", ""))
    says = f"the shop sends us on to {shown} ({reply.status}); a key is not shown to another address"
    remedy = "connect again with the address that the shop sends its visitors to"
    return ShopTrouble(TroubleKind.REDIRECTED, says, remedy, http_status=reply.status)


def _where_to(location: str) -> str:
    """Without user and query, which may hold secrets."""
    try:
        where = urlsplit(location)
    except ValueError:  # brackets that hold no address
        return "nowhere"
    host = where.netloc.rpartition("@")[2]
    return f"{where.scheme}://{host}{where.path}" if host else where.path or "nowhere"


def _busy(reply: Reply) -> ShopTrouble:
    words = first_words(reply.text)
    after = _seconds(reply.headers.get("retry-after"))
    said = f"the shop answers {reply.status}" + (f": {words}" if words else "")
    if reply.status == 429:
        remedy = "let the shop's host allow this server more requests"
        return ShopTrouble(TroubleKind.TOO_OFTEN, said, remedy, http_status=429, retry_after=after)
    remedy = "an update usually ends within minutes; the shop is asked again by itself"
    return ShopTrouble(TroubleKind.MAINTENANCE, said, remedy, http_status=503, retry_after=after)


def _seconds(text: str | None) -> int | None:
    """A Retry-After in seconds; a date is not worth the trouble."""
    if text is None or not (text.strip().isascii() and text.strip().isdigit()) or len(text) > 9:
        return None
    return min(int(text), MOST_RETRY_AFTER)


def _code(body: Any) -> tuple[str | None, str]:
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        return None, ""
    code = "".join(char for char in body["code"][:100] if char.isprintable())
    return code, first_words(str(body.get("message") or ""))[:LONGEST_MESSAGE]
