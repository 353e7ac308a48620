"""One click against the stand-in shop: it makes the key, posts it to us, and the worker finds that it works."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from stub_greenfield import GreenfieldShop, greenfield_shop
from werkzeug.serving import make_server

from app.db.models import Shop, db
from app.shop_keeper import ShopKeeper
from regtest.storefront import Storefront
from tests.contract.greenfield_client import let_go, make_app, new_merchant
from tests.contract.visitor import Visitor, forms
from tests.serving import serving

SECONDS = 10


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[GreenfieldShop]:
    with greenfield_shop(tmp_path / "shop") as started:
        started.connect(protect=True)
        yield started


@pytest.fixture
def sattle(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Flask]:
    (tmp_path / "sattle.db").write_bytes(migrated_sqlite.read_bytes())
    app = make_app(tmp_path, f"sqlite:///{tmp_path / 'sattle.db'}")
    http = make_server("127.0.0.1", 0, app, threaded=True)
    shared = app.extensions["sattle"]
    shared.settings = replace(shared.settings, public_url=f"http://127.0.0.1:{http.port}")
    with serving(http):
        yield app
    let_go(app)


def work(app: Flask) -> None:
    """What the worker does once a second."""

    def unguarded(step: object) -> bool:
        step()  # type: ignore[operator]
        return True

    ShopKeeper(app, app.extensions["sattle"]).work(unguarded)


def press(visitor: Visitor, page: str, action: str, **filled: str) -> str:
    form = next(form for form in forms(visitor.get(page)) if form.action == action)
    for name, value in filled.items():
        form.fields.setlist(name, [value])
    answer = visitor.post(action, form.fields)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_the_shop_makes_a_key_on_one_click_and_its_webhook_reaches_us(sattle: Flask, shop: GreenfieldShop) -> None:
    merchant = new_merchant(sattle)
    store_id = merchant.store()
    public = sattle.extensions["sattle"].settings.public_url
    visitor = Visitor(sattle, public)
    visitor.sign_in()
    place = f"/admin/stores/{store_id}/shop"
    press(visitor, place, f"{place}/address", address=shop.url)
    work(sattle)

    there = press(visitor, place, f"{place}/ask")
    question = requests.get(there, timeout=SECONDS)
    assert "Sattle" in question.text
    approve = unescape(re.search(r'href="([^"]*access_granted[^"]*)"', question.text)[1])  # type: ignore[index]
    granted = requests.get(
        f"{shop.url}{urlsplit(approve)._replace(scheme='', netloc='').geturl()}", timeout=SECONDS, allow_redirects=False
    )
    assert granted.status_code == 302, granted.text
    assert granted.headers["Location"].startswith(f"{public}{place}/back?success=1")
    work(sattle)

    with sattle.app_context():
        row = db.session.get_one(Shop, store_id)
        assert (row.auth, row.facts["currency"]) == ("oauth_http", "EUR")
        assert row.facts["gateways"]
        assert row.hook_id is not None
    assert "Connected" in visitor.get(place).text

    front = Storefront(shop.url)
    order = front.order("12.34", payment_method="btcpaygf_default")
    front.deed(order.order_id, "cancel_by_person")
    assert front.run_cron() > 0
    with sattle.app_context():
        db.session.rollback()
        assert db.session.get_one(Shop, store_id).hook_heard_at is not None
