"""OAuth as WooCommerce reads it, against signatures that a shop has accepted."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.oauth import authorization, base_string, signature

ACCEPTED = json.loads((Path(__file__).parents[1] / "fixtures" / "woo_oauth.json").read_text())["vectors"]
KEY = ShopKey("ck_" + "1" * 40, "cs_" + "2" * 40)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("vector", [each for each in ACCEPTED if "HMAC-SHA256" in each["url"]])
def test_a_signature_is_the_one_that_a_shop_accepted(vector: dict[str, str]) -> None:
    parts = urlsplit(vector["url"])
    query = dict(parse_qsl(parts.query))
    signed = query.pop("oauth_signature")
    base = base_string(vector["method"], f"{parts.scheme}://{parts.netloc}{parts.path}", query)
    assert base == vector["signature_base_string"]
    assert signature(base, vector["consumer_secret"]) == signed == vector["signature"]
    assert len(b64decode(signed)) == 32


def test_the_header_carries_the_five_parameters_and_no_secret() -> None:
    value = authorization("GET", "http://shop.example/wp-json/wc/v3/orders", {"page": "1"}, KEY, NOW)
    names = [part.partition("=")[0] for part in value.removeprefix("OAuth ").split(", ")]
    assert names == [
        "oauth_consumer_key",
        "oauth_timestamp",
        "oauth_nonce",
        "oauth_signature_method",
        "oauth_signature",
    ]
    assert KEY.consumer_secret not in value
    assert f'oauth_timestamp="{int(NOW.timestamp())}"' in value


def test_a_nonce_is_never_used_again() -> None:
    both = {authorization("GET", "http://shop.example/", {}, KEY, NOW) for _ in range(2)}
    assert len(both) == 2


def test_what_is_signed_is_the_address_that_the_shop_calls_its_own() -> None:
    address = ShopAddress("https://pay.example/wp-json/", Auth.OAUTH_HTTP, False, "https://shop.example/wp-json/")
    assert address.signed_url("/wc/v3/orders") == "http://shop.example/wp-json/wc/v3/orders"
    assert address.url("/wc/v3/orders", {"include": "1,2"}) == "https://pay.example/wp-json/wc/v3/orders?include=1,2"


def test_with_plain_permalinks_the_route_and_a_marker_stand_in_the_query() -> None:
    address = ShopAddress("https://shop.example/index.php?rest_route=/", Auth.OAUTH_HTTPS, True)
    url = address.url("/wc/v3/orders", {"per_page": "1"})
    assert url == "https://shop.example/?rest_route=/wc/v3/orders&per_page=1&via=wp-json/wc/"
    assert address.signed_url("/wc/v3/orders") == "https://shop.example"
    assert address.signed_query("/wc/v3/orders", {"per_page": "1"}) == dict(parse_qsl(urlsplit(url).query))


def test_a_sub_directory_stays_in_the_address() -> None:
    address = ShopAddress("https://shop.example/en/wp-json/", Auth.BASIC)
    assert address.url("/wc/v3/orders/7", {}) == "https://shop.example/en/wp-json/wc/v3/orders/7"
