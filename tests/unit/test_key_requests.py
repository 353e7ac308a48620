"""What a shop may ask for, where its key may be sent, and where a person may be sent after signing in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.emails import email_address
from app.domain.key_request import KeyRequest, granted, key_request, same_grants, suits
from app.domain.passwords import generated_password, require_password
from app.domain.permission_words import WORDS, is_sweeping, words_for
from app.domain.permissions import Policy, Role
from app.domain.redirect import HOME, key_redirect, local_target
from app.errors import BadInput

PLUGIN = [
    "btcpay.store.canviewinvoices",
    "btcpay.store.cancreateinvoice",
    "btcpay.store.canviewstoresettings",
    "btcpay.store.canmodifyinvoices",
    "btcpay.store.cancreatenonapprovedpullpayments",
    "btcpay.store.webhooks.canmodifywebhooks",
]
WIZARD = {
    "permissions": PLUGIN,
    "applicationName": ["WooCommerce"],
    "strict": ["true"],
    "selectiveStores": ["true"],
    "redirect": ["https://shop.example/?btcpay-settings-callback"],
}


def wizard(**changes: list[str]) -> KeyRequest:
    return key_request({**WIZARD, **changes}, allow_http=False)


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://shop.example/?btcpay-settings-callback", "shop.example", "https://shop.example"),
        ("https://Shop.Example:443/x", "shop.example", "https://shop.example"),
        ("HTTPS://shop.example:8443?x", "shop.example:8443", "https://shop.example:8443"),
        ("https://xn--mller-kva.example/größe?a=b", "xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("https://192.0.2.7/", "192.0.2.7", "https://192.0.2.7"),
        ("http://127.0.0.1:8480/?btcpay-settings-callback", "127.0.0.1:8480", "http://127.0.0.1:8480"),
        ("http://127.9.9.9/", "127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:8001/", "localhost:8001", "http://localhost:8001"),
        ("http://shop.localhost/", "shop.localhost", "http://shop.localhost"),
    ],
)
def test_a_shops_address_is_taken_as_it_is(url: str, host: str, origin: str) -> None:
    found = key_redirect(url, allow_http=False)
    assert (found.url, found.host, found.origin) == (url, host, origin)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/?btcpay-settings-callback",
        "//evil.example/",
        "https:shop.example",
        "https:///shop.example",
        "https:/shop.example",
        "https:\\\\evil.example",
        "https://shop.example\\@evil.example/",
        "https://shop.example/\\x",
        "https://shop.example@evil.example/",
        "https://user:pass@shop.example/",
        "https://@shop.example/",
        "https://shop.example/#part",
        "https://shop.example#",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:/",
        "https://shop.example:x/",
        "https://shop..example/",
        "https://.example/",
        "https://shop.example./",
        "https://-shop.example/",
        "https://shop_1.example;form-action/",
        "https://shop.example;x/",
        "https://shop.example,evil.example/",
        "https://shop%2eexample/",
        "https://müller.example/",
        "https://ｓhop.example/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://1.2.3.256/",
        "https://shop.example/ x",
        " https://shop.example/",
        "https://shop.example/\n",
        "https://shop.example/\t",
        "https://shop.exa\nmple/",
        "https://shop.example/\u202ex",
        "https://shop.example/\x00",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://shop.example/",
        "http://shop.example/",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://10.0.0.1/",
        "https://shop.example/" + "a" * 2000,
        "https://" + "a" * 64 + ".example/",
    ],
)
def test_an_address_that_is_no_place_for_a_key_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="redirect"):
        key_redirect(url, allow_http=False)


def test_http_is_for_operators_who_allow_it() -> None:
    found = key_redirect("http://shop.example/", allow_http=True)
    assert (found.origin, found.is_encrypted) == ("http://shop.example", False)


@given(st.text(max_size=60))
def test_whatever_is_accepted_is_safe_to_write_into_a_header(rest: str) -> None:
    try:
        found = key_redirect(f"https://{rest}", allow_http=True)
    except BadInput:
        return
    assert found.origin.isascii()
    assert not set(found.origin) & set(" ;,'\"\\@#\r\n\t")
    assert found.url.startswith(("https://",))


@pytest.mark.parametrize(
    "target",
    [
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/x\\y",
        "\\/x",
        "x",
        "/x\n",
        "/ä",
        "/x y",
        "/" + "a" * 9000,
    ],
)
def test_only_a_path_of_ours_is_gone_to_after_signing_in(target: str) -> None:
    assert local_target(target) == HOME


def test_a_path_of_ours_keeps_its_query() -> None:
    path = "/api-keys/authorize?permissions=a&redirect=https%3A%2F%2Fshop.example%2F%3Fx"
    assert local_target(path) == path


def test_the_plugins_question_is_understood() -> None:
    asked = wizard()
    assert [str(each) for each in asked.permissions] == PLUGIN
    assert (asked.application, asked.strict, asked.selective_stores, asked.identifier) == (
        "WooCommerce",
        True,
        True,
        None,
    )
    assert [str(each) for each in granted(asked, [], "S")] == [f"{policy}:S" for policy in PLUGIN]


def test_a_question_is_strict_and_for_all_stores_unless_it_says_otherwise() -> None:
    asked = key_request({"Permissions[]": PLUGIN[:1], "PERMISSIONS[7]": PLUGIN[:2]}, allow_http=False)
    assert (asked.strict, asked.selective_stores, asked.redirect) == (True, False, None)
    assert [str(each) for each in granted(asked, [], "S")] == PLUGIN[:2], "no store is written into it"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"permissions": []}, "permissions"),
        ({"permissions": ["btcpay.store.nosuch"]}, "permissions"),
        ({"permissions": ["btcpay.user.canviewprofile:S"]}, "permissions"),
        ({"permissions": ["btcpay.store.canviewinvoices:"]}, "permissions"),
        ({"permissions": [f"btcpay.store.canviewinvoices:{n}" for n in range(51)]}, "permissions"),
        ({"strict": ["perhaps"]}, "strict"),
        ({"selectiveStores": ["2"]}, "selectiveStores"),
        ({"applicationName": ["a\x1bb"]}, "applicationName"),
        ({"applicationName": ["\u202eevil"]}, "applicationName"),
        ({"applicationName": ["x" * 81]}, "applicationName"),
        ({"applicationIdentifier": ["x" * 201]}, "applicationIdentifier"),
        ({"redirect": ["http://shop.example/"]}, "redirect"),
    ],
)
def test_a_question_that_cannot_be_used_is_named(changes: dict[str, list[str]], named: str) -> None:
    with pytest.raises(BadInput) as refused:
        wizard(**changes)
    assert refused.value.field == named


def test_strict_grants_all_and_otherwise_what_was_left() -> None:
    assert len(granted(wizard(), PLUGIN[:1], "S")) == len(PLUGIN)
    loose = wizard(strict=["false"])
    assert [str(each) for each in granted(loose, [*PLUGIN[:2], "unrestricted"], "S")] == [f"{p}:S" for p in PLUGIN[:2]]
    with pytest.raises(BadInput, match="permissions"):
        granted(loose, ["unrestricted"], "S")
    with pytest.raises(BadInput, match="store"):
        granted(wizard(), [], None)


def test_a_role_grants_what_it_includes() -> None:
    assert [role for role in Role if suits(wizard(), role)] == [Role.OWNER, Role.MANAGER]
    assert all(suits(wizard(strict=["false"]), role) for role in Role)


def test_a_key_is_the_same_when_it_holds_exactly_what_is_asked_for_one_store() -> None:
    asked = wizard()
    assert same_grants(asked, [f"{policy}:S" for policy in reversed(PLUGIN)])
    assert not same_grants(asked, [f"{policy}:S" for policy in PLUGIN[1:]])
    assert not same_grants(asked, [*(f"{policy}:S" for policy in PLUGIN), "unrestricted"])
    assert not same_grants(asked, PLUGIN)
    assert not same_grants(asked, [f"{PLUGIN[0]}:T", *(f"{policy}:S" for policy in PLUGIN[1:])])
    assert same_grants(wizard(selectiveStores=["false"]), PLUGIN)


def test_every_policy_has_words() -> None:
    assert set(WORDS) == set(Policy)
    assert all(words_for(policy)[0].isupper() for policy in Policy)
    assert is_sweeping(Policy.UNRESTRICTED)
    assert is_sweeping(Policy.MANAGE_USERS)
    assert not any(is_sweeping(Policy(policy)) for policy in PLUGIN)


@pytest.mark.parametrize("text", ["", "ann", "@x", "ann@", "a b@x", "a@b@c", "a@\x1bx", "x" * 250 + "@y.ex"])
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="email"):
        email_address(text)


def test_an_email_address_is_kept_in_one_form() -> None:
    assert email_address(" Ann@Shop.Example ") == "ann@shop.example"


@pytest.mark.parametrize(
    "text", ["short", "x" * 201, "aaaaaaaaaaaa", "ann@shop.example", "ANN@shop.example", "tab\tin the middle"]
)
def test_a_password_that_protects_nothing_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        require_password(text, "ann@shop.example")
    assert text not in str(refused.value)


def test_a_password_made_here_is_good_enough() -> None:
    require_password(generated_password(), "ann@shop.example")
    assert generated_password() != generated_password()
