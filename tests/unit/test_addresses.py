"""Placeholders in addresses: filled, encoded, and without a say in where a request goes."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.addresses import PLACEHOLDERS, filled, has_placeholder_in_host

VALUES = {"orderid": "7 & ä/?#@", "invoiceid": "Inv1", "status": "Settled"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://shop.example/thanks", "https://shop.example/thanks"),
        ("https://shop.example/{InvoiceId}?s={Status}", "https://shop.example/Inv1?s=Settled"),
        ("https://shop.example/?o={OrderId}", "https://shop.example/?o=7%20%26%20%C3%A4%2F%3F%23%40"),
        ("https://shop.example/{INVOICEID}/{invoiceid}#{status}", "https://shop.example/Inv1/Inv1#Settled"),
        ("https://shop.example?{Status}", "https://shop.example?Settled"),
        ("https://shop.example/{Price}", "https://shop.example/{Price}"),
        ("https://{OrderId}.example/{Status}", "https://{OrderId}.example/Settled"),
        ("https://shop.example:{Status}@evil.example/", "https://shop.example:{Status}@evil.example/"),
        ("", ""),
    ],
)
def test_placeholders_are_filled_behind_the_host(address: str, expected: str) -> None:
    assert filled(address, VALUES) == expected


def test_a_value_that_looks_like_a_placeholder_stays_a_value() -> None:
    assert filled("http://h/{OrderId}", VALUES | {"orderid": "{Status}"}) == "http://h/%7BStatus%7D"


@given(
    start=st.text(alphabet="ab.:@[]{}-\\%", max_size=8),
    placeholder=st.sampled_from(PLACEHOLDERS),
    separator=st.sampled_from(["/", "?", "#", "", "\\", "@"]),
    value=st.text(alphabet="ab.:/@?#\\\t\n% é", max_size=12),
)
def test_no_value_changes_where_an_address_leads(start: str, placeholder: str, separator: str, value: str) -> None:
    address = f"http://h.example{start}{separator}{placeholder}"
    made = filled(address, dict.fromkeys(VALUES, value))
    try:
        host = urlsplit(address).netloc
    except ValueError:
        return  # no address, and refused as such
    assert urlsplit(made).netloc == host
    assert has_placeholder_in_host(address) or unquote(made) == unquote(address).replace(placeholder, value)


@pytest.mark.parametrize(
    "address",
    [
        "https://{OrderId}/",
        "https://shop{status}.example/x",
        "https://a:{InvoiceId}@h/",
        "{Status}://h/",
        "//{OrderId}",
    ],
)
def test_a_placeholder_in_the_host_is_noticed(address: str) -> None:
    assert has_placeholder_in_host(address)
