"""What the shop tells of itself: the REST index, settings, gateways, currency, versions."""

from datetime import timedelta
from typing import Any

from regtest.shop.gateways import title_of
from regtest.shop.options import NoSuchOption
from regtest.shop.rest.exchange import RestAnswer, RestError, RestRequest, invalid_parameter
from regtest.shop.rest.order_json import SYMBOLS, VERSION, WORDPRESS
from regtest.shop.rest.parameters import STATUSES, zone_of
from regtest.shop.rest.site import Site, wanted
from regtest.shop.transitions import name

NAMESPACES = ("oembed/1.0", "wc/v3", "wc/v1", "wc/store", "wc/store/v1", "wc/v2", "wp/v2")
SETTINGS = {
    ("general", "woocommerce_currency"): ("Currency", "select", "USD", "currency"),
    ("general", "woocommerce_price_num_decimals"): ("Number of decimals", "number", "2", "decimals"),
    ("products", "woocommerce_hold_stock_minutes"): ("Hold stock (minutes)", "number", "60", "hold_stock_minutes"),
    ("products", "woocommerce_manage_stock"): ("Manage stock", "checkbox", "yes", "manage_stock"),
}
"""Group and id -> label, type, default, and the option that holds it."""

CURRENCY_NAMES = {"EUR": "Euro", "USD": "United States (US) dollar", "BTC": "Bitcoin"}
OLD_PLUGIN, NEW_PLUGIN = "btcpay-for-woocommerce", "btcpay-greenfield-for-woocommerce"


def index(site: Site, request: RestRequest) -> RestAnswer:
    """The REST root: for everybody, unless a security plugin keeps it for members."""
    options = site.options
    if options.rest_for_members:
        raise RestError(401, "rest_not_logged_in", "You are not currently logged in.")
    offset = site.now().astimezone(zone_of(options)).utcoffset() or timedelta()
    body = {
        "name": options.name,
        "description": "",
        "url": site.home(),
        "home": site.home(),
        "gmt_offset": f"{offset.total_seconds() / 3600:g}",
        "timezone_string": options.timezone,
        "page_for_posts": 0,
        "page_on_front": 0,
        "show_on_front": "posts",
        "namespaces": list(NAMESPACES),
        "authentication": [],
        "site_logo": 0,
        "site_icon": 0,
        "site_icon_url": "",
        "routes": {"/": {"namespace": "", "methods": ["GET"]}},
    }
    return RestAnswer(200, body)


def namespace(site: Site, request: RestRequest, version: str) -> RestAnswer:
    """The index of WooCommerce's part."""
    return RestAnswer(200, {"namespace": f"wc/{version}", "routes": {}})


def of_wordpress(site: Site, request: RestRequest) -> RestAnswer:
    """WordPress' own part of the API knows nothing of WooCommerce's keys."""
    raise RestError(401, "rest_not_logged_in", "You are not currently logged in.")


def setting(site: Site, request: RestRequest, group: str, setting_id: str) -> RestAnswer:
    """One setting; its value is always text. PUT changes it, without looking whether it makes sense."""
    if group not in {known for known, _ in SETTINGS}:
        raise RestError(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
    if (group, setting_id) not in SETTINGS:
        raise RestError(404, "rest_setting_setting_invalid", "Invalid setting.")
    label, kind, default, option = SETTINGS[group, setting_id]
    if request.verb != "GET":
        _set(site, option, wanted(request).get("value"))
    value = getattr(site.options, option)
    shown = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    told = {"id": setting_id, "label": label, "description": label, "type": kind, "default": default}
    return RestAnswer(200, {**told, "tip": label, "value": shown, "group_id": group})


def _set(site: Site, option: str, value: object) -> None:
    known = getattr(site.options, option)
    typed: object = value == "yes" if isinstance(known, bool) else value
    if isinstance(known, int) and isinstance(typed, str) and typed.isdecimal():
        typed = int(typed)
    try:
        site.options_file.change({option: typed})
    except NoSuchOption as error:
        raise invalid_parameter("value", str(error), "rest_invalid_type") from None


def gateways(site: Site, request: RestRequest) -> RestAnswer:
    """All of them, whether they are on or not."""
    return RestAnswer(200, [_gateway(site, request, gateway) for gateway in _known_gateways()])


def gateway(site: Site, request: RestRequest, gateway_id: str) -> RestAnswer:
    """One of them; PUT switches it on or off."""
    if gateway_id not in _known_gateways():
        raise RestError(404, "woocommerce_rest_payment_gateway_invalid", "Resource does not exist.")
    if request.verb != "GET":
        enabled = wanted(request).get("enabled")
        others = [one for one in site.options.disabled_gateways if one != gateway_id]
        site.options_file.change({"disabled_gateways": others if enabled is True else [*others, gateway_id]})
    return RestAnswer(200, _gateway(site, request, gateway_id))


def _known_gateways() -> tuple[str, ...]:
    return ("bacs", "btcpaygf_default", "btcpay", "card")


def _gateway(site: Site, request: RestRequest, gateway_id: str) -> dict[str, Any]:
    title = title_of(gateway_id)
    field = {"id": "title", "label": "Title", "description": "", "type": "text", "value": title, "default": title}
    page = f"{site.home(request.is_https)}/wp-admin/admin.php?page=wc-settings&tab=checkout&section={gateway_id}"
    return {
        "id": gateway_id,
        "title": title,
        "description": "",
        "order": "",
        "enabled": gateway_id not in site.options.disabled_gateways,
        "method_title": title,
        "method_description": "",
        "method_supports": ["products", "refunds"] if gateway_id.startswith("btcpaygf_") else ["products"],
        "settings": {"title": {**field, "tip": "", "placeholder": ""}},
        "needs_setup": False,
        "post_install_scripts": [],
        "settings_url": page,
        "connection_url": None,
        "setup_help_text": None,
        "required_settings_keys": [],
    }


def currency(site: Site, request: RestRequest) -> RestAnswer:
    """The shop's currency; its symbol is HTML."""
    code = site.options.currency
    symbol = {"EUR": "&euro;", "USD": "&#36;"}.get(code, SYMBOLS.get(code, code))
    return RestAnswer(200, {"code": code, "name": CURRENCY_NAMES.get(code, code), "symbol": symbol})


def totals(site: Site, request: RestRequest) -> RestAnswer:
    """How many orders there are of each status."""
    with site.database.open() as db:
        found = dict(db.execute("SELECT status, count(*) FROM orders GROUP BY status").fetchall())
    told = [{"slug": slug, "name": name(slug), "total": found.get(slug, 0)} for slug in STATUSES]
    return RestAnswer(200, told)


def status(site: Site, request: RestRequest) -> RestAnswer:
    """Versions, plugins and the like."""
    options = site.options
    environment = {
        "home_url": site.home(),
        "site_url": site.home(),
        "version": VERSION,
        "wp_version": WORDPRESS,
        "wp_cron": options.wp_cron,
        "server_info": "PHP 8.2.36 Development Server",
        "php_version": "8.2.36",
        "default_timezone": "UTC",
        "fsockopen_or_curl_enabled": True,
        "remote_post_successful": None,
    }
    settings = {
        "api_enabled": False,  # that of long ago
        "force_ssl": False,
        "currency": options.currency,
        "currency_symbol": "&euro;",
        "thousand_separator": ",",
        "number_of_decimals": options.decimals,
        "HPOS_enabled": True,
    }
    body = {
        "environment": environment,
        "active_plugins": _plugins(options.plugin_version),
        "settings": settings,
        "security": {"secure_connection": request.is_https, "hide_errors": True},
    }
    return RestAnswer(200, body)


def _plugins(version: str) -> list[dict[str, Any]]:
    return [
        _plugin(f"{OLD_PLUGIN}/class-wc-gateway-btcpay.php", "BTCPay for WooCommerce (Legacy)", "3.0.16"),
        _plugin(f"{NEW_PLUGIN}/{NEW_PLUGIN}.php", "BTCPay For Woocommerce V2", version),
        _plugin("woocommerce/woocommerce.php", "WooCommerce", VERSION),
    ]


def _plugin(file: str, title: str, version: str) -> dict[str, Any]:
    return {
        "plugin": file,
        "name": title,
        "version": version,
        "version_latest": version,
        "url": "",
        "author_name": "",
        "author_url": "",
        "network_activated": False,
    }
