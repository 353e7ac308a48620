"""A person's browser as far as forms and cookies go: pages are fetched, their forms filled in and sent."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.contract.greenfield_client import PASSWORD, PLUGIN

SERVER = "https://pay.example"
SHOP = "https://shop.example/?btcpay-settings-callback"


@dataclass
class Form:
    """Where a form goes and what it holds before anybody fills it in."""

    action: str
    fields: MultiDict[str, str] = field(default_factory=MultiDict)


class Forms(HTMLParser):
    """The forms of a page: hidden fields, and what is checked."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given.get("method") == "post", "nothing here changes by a GET"
            self.found.append(Form(given.get("action", "")))
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.found[-1].fields.add(given["name"], given.get("value", ""))


def forms(answer: TestResponse) -> list[Form]:
    """The forms of a page but the one that signs out."""
    return [form for form in Forms(answer.text).found if form.action != "/logout"]


def wizard(**changes: Any) -> str:
    """The address that the plugin opens; keywords differ from what it asks."""
    asked: dict[str, Any] = {
        "permissions": [policy.value for policy in PLUGIN],
        "applicationName": "WooCommerce",
        "strict": "true",
        "selectiveStores": "true",
        "redirect": SHOP,
    }
    return "/api-keys/authorize?" + urlencode({**asked, **changes}, doseq=True)


class Visitor:
    """One browser."""

    def __init__(self, app: Flask, server: str = SERVER) -> None:
        self.client: FlaskClient = app.test_client()
        self.server = server

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=self.server, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> TestResponse:
        return self.client.post(path, base_url=self.server, data=data, **options)

    def send(self, path: str, headers: dict[str, str] | None = None, **filled: Any) -> TestResponse:
        """Open a page, fill in its form and send it."""
        (form,) = forms(self.get(path))
        data = form.fields.copy()
        for name, value in filled.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        return self.post(form.action or path, data, headers=headers)

    def sign_in(self, email: str = "merchant@shop.example", password: str = PASSWORD, **filled: Any) -> TestResponse:
        return self.send("/login", email=email, password=password, **filled)

    @property
    def cookie(self) -> str:
        """The text of the one cookie; empty when there is none."""
        names = ("__Host-sattle", "sattle")
        domain = self.server.partition("://")[2]
        found = [self.client.get_cookie(name, domain) for name in names]
        return next((cookie.value for cookie in found if cookie), "")


def signed_in(app: Flask, email: str = "merchant@shop.example") -> Visitor:
    """A browser in which the merchant is signed in."""
    visitor = Visitor(app)
    answer = visitor.sign_in(email)
    assert (answer.status_code, answer.location) == (303, "/admin")
    return visitor
