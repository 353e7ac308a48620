"""The throttle: a burst, then as much as comes back; the address that counts."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import TooMany
from app.proxies import client_address
from app.throttle import LOOKS_A_MINUTE, REMEMBERED, Throttle, address_group


def refused(throttle: Throttle, key: str, now: float) -> int | None:
    """Seconds to wait, None when it was let through."""
    try:
        throttle.count(key, now)
    except TooMany as error:
        return error.retry_after_seconds
    return None


@pytest.mark.parametrize("allowed", [1, 7, 10, 1800])
def test_a_burst_is_let_through_and_the_next_one_is_not(allowed: int) -> None:
    throttle = Throttle(allowed, 60)
    assert [refused(throttle, "a", 5.3) for _ in range(allowed)] == [None] * allowed
    assert refused(throttle, "a", 5.3) is not None
    assert refused(throttle, "b", 5.3) is None, "others are not concerned"


def test_who_waits_as_long_as_told_is_let_through() -> None:
    throttle = Throttle(10, 60)
    for _ in range(10):
        throttle.count("a", 100)
    wait = refused(throttle, "a", 100)
    assert wait == 6
    assert refused(throttle, "a", 103) == 3
    assert refused(throttle, "a", 106) is None
    assert refused(throttle, "a", 106) == 6


def test_the_whole_allowance_comes_back_in_a_window() -> None:
    throttle = Throttle(10, 60)
    for start in (0.0, 60.0, 1000.0):
        assert [refused(throttle, "a", start) for _ in range(11)].count(None) == 10


@given(st.lists(st.floats(0, 0.5), max_size=200))
def test_no_pattern_of_requests_gets_more_than_the_rate_allows(pauses: list[float]) -> None:
    throttle, now, passed = Throttle(20, 4), 0.0, 0
    for pause in pauses:
        now += pause
        passed += refused(throttle, "a", now) is None
    assert passed <= 20 + now * 5 + 0.01


def test_memory_is_bounded() -> None:
    throttle = Throttle(1, 60)
    for number in range(REMEMBERED + 10):
        throttle.count(str(number), 0)
    assert refused(throttle, str(REMEMBERED + 9), 0)
    assert refused(throttle, "0", 0) is None, "the longest silent one was forgotten"


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
    ],
)
def test_an_ipv6_subnet_counts_as_one(address: str, group: str) -> None:
    assert address_group(address) == group


TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # a stranger's word
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the client wrote the first one itself
        ("10.1.1.1", "198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", " , ", "10.1.1.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_who_stands_before_our_own_proxies(peer: str, forwarded: str, client: str) -> None:
    assert client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, TRUSTED) == client


def test_a_room_full_of_checkout_pages_behind_one_address_is_never_slowed_down() -> None:
    throttle = Throttle(LOOKS_A_MINUTE, 60)
    for second in range(600):
        for tab in range(30):
            throttle.count("one address", second + tab / 1000)
