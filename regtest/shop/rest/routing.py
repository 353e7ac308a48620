"""From a path to what answers it: first whose request it is, then whether they may, then the answer."""

import re
from collections.abc import Callable
from typing import Any

from regtest.shop.rest import facts, notes, products, reading, refunds, webhooks, writing
from regtest.shop.rest.exchange import RestAnswer, RestError, RestRequest, no_route
from regtest.shop.rest.keys import READS, Key
from regtest.shop.rest.reading import ALLOWED
from regtest.shop.rest.site import Site

NO_CACHE = "no-cache, must-revalidate, max-age=0, no-store, private"
CHANGES = ("POST", "PUT", "PATCH")
Handler = Callable[..., RestAnswer]

ROUTES: list[tuple[str, dict[str, Handler]]] = [
    (r"wc/v[23]/orders", {"GET": reading.several, "POST": writing.create}),
    (r"wc/v[23]/orders/batch", dict.fromkeys(CHANGES, writing.batch)),
    (
        r"wc/v[23]/orders/(\d+)",
        {"GET": reading.one, **dict.fromkeys(CHANGES, writing.put), "DELETE": writing.delete},
    ),
    (r"wc/v[23]/orders/(\d+)/notes", {"GET": notes.several, "POST": notes.add}),
    (r"wc/v[23]/orders/(\d+)/notes/(\d+)", {"GET": notes.one}),
    (r"wc/v[23]/orders/(\d+)/refunds", {"GET": refunds.several, "POST": refunds.add}),
    (r"wc/v[23]/products/(\d+)", {"GET": products.one}),
    (r"wc/v[23]/settings/([\w-]+)/([\w-]+)", dict.fromkeys(("GET", *CHANGES), facts.setting)),
    (r"wc/v[23]/payment_gateways", {"GET": facts.gateways}),
    (r"wc/v[23]/payment_gateways/([\w-]+)", dict.fromkeys(("GET", *CHANGES), facts.gateway)),
    (r"wc/v[23]/data/currencies/current", {"GET": facts.currency}),
    (r"wc/v[23]/reports/orders/totals", {"GET": facts.totals}),
    (r"wc/v[23]/system_status", {"GET": facts.status}),
    (r"wc/v[23]/webhooks", {"GET": webhooks.several, "POST": webhooks.add}),
    (
        r"wc/v[23]/webhooks/(\d+)",
        {"GET": webhooks.one, **dict.fromkeys(CHANGES, webhooks.change), "DELETE": webhooks.delete},
    ),
]
PUBLIC: list[tuple[str, dict[str, Handler]]] = [
    (r"", {"GET": facts.index}),
    (r"wc/(v[123])", {"GET": facts.namespace}),
    (r"wp/v2/users/me", {"GET": facts.of_wordpress}),
]
LISTED = (reading.several, facts.setting, facts.status, webhooks.several, webhooks.one, facts.totals, facts.gateways)
"""What WooCommerce calls a list when it refuses it."""

KNOWS_ITS_KEY = (notes.add,)


def answer(site: Site, request: RestRequest) -> RestAnswer:
    """The whole answer, refusals included."""
    key: Key | None = None
    allow, is_private = "", False
    try:
        key = site.keys.owner_of(request, site.options) if request.route.startswith("wc/") else None
        methods, ids, is_public = _route(request)
        handler = methods[request.verb]
        if not is_public:
            _require(key, request, handler)
        allow = ", ".join(method for method in ALLOWED if method in methods)
        extra = {"key": key} if handler in KNOWS_ITS_KEY else {}
        given = handler(site, request, *ids, **extra)
    except RestError as error:
        given = error.answer()
        # A key that may not do this has an owner all the same, and WordPress' answer is private then.
        is_private = error.message.endswith("permissions.")
    return _dressed(site, request, given, allow, is_private=is_private or key is not None)


def _route(request: RestRequest) -> tuple[dict[str, Handler], tuple[str, ...], bool]:
    for routes, is_public in ((ROUTES, False), (PUBLIC, True)):
        for pattern, methods in routes:
            match = re.fullmatch(pattern, request.route.strip("/"))
            if match and request.verb in methods:
                return methods, match.groups(), is_public
    raise no_route()


def _require(key: Key | None, request: RestRequest, handler: Handler) -> None:
    if key is not None and key.role != "subscriber":
        return
    status = 401 if key is None else 403
    if request.verb in READS:
        words = "Sorry, you cannot list resources." if handler in LISTED else "Sorry, you cannot view this resource."
        raise RestError(status, "woocommerce_rest_cannot_view", words)
    if handler in (writing.create, notes.add, refunds.add, webhooks.add):
        words = "Sorry, you are not allowed to create resources."
        raise RestError(status, "woocommerce_rest_cannot_create", words)
    raise RestError(status, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource.")


def _dressed(site: Site, request: RestRequest, given: RestAnswer, allow: str, *, is_private: bool) -> RestAnswer:
    headers = {"Link": f'<{site.root(request.is_https)}>; rel="https://api.w.org/"', **given.headers}
    if allow:
        headers["Allow"] = allow
    if is_private:
        headers["Cache-Control"] = NO_CACHE
    body = given.body
    if request.fields and given.status < 300:
        keep_links = isinstance(body, dict)
        body = _narrowed(body, request.fields, keep_links=keep_links)
    return RestAnswer(given.status, body, headers, given.kind)


def _narrowed(body: Any, fields: list[str], *, keep_links: bool) -> Any:
    """`_fields`: only these, in the order in which they are; a dot leads inside."""
    if isinstance(body, list):
        return [_narrowed(entry, fields, keep_links=keep_links) for entry in body]
    if not isinstance(body, dict):
        return body
    kept: dict[str, Any] = {}
    for name, value in body.items():
        inner = [field.partition(".")[2] for field in fields if field.startswith(f"{name}.")]
        if name in fields or (keep_links and name == "_links"):
            kept[name] = value
        elif inner:
            kept[name] = _narrowed(value, inner, keep_links=False)
    return kept
