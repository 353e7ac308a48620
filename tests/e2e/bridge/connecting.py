"""Connect a case's store to its shop over REST, as the worker does once a key was pasted; and what became of it.

The books say what the bridge did; the merchant's pages say what a person gets to see of it.
"""

import html
import re
from collections.abc import Sequence
from typing import Any

import requests

from app import create_app
from app.db.models import Shop, db
from app.db.session import change
from app.settings import Settings
from app.usecases.create_user import create_user
from regtest.waiting import wait_until
from tests.e2e.case import SECONDS, Case, Order

CALM = "Shop and chain agree"  # the board's title when nothing is open
STEP = re.compile(r'id="step-(?:bridged|mismatch)[-\d]*"[^>]*>\s*<h2><span[^>]*>\d+</span> ([^<]*)</h2>')
PASSWORD = "a long way from the mint"
GRACE_SECONDS = 130  # what the plugin gets to act on what it was told, and a little
AGAIN_SECONDS = 160  # the same after it was told once more, which may take a while by itself
HOURS = 7 * 3600  # longer than an order of which a person was told is left alone


def connect(case: Case, *, on_hold_at_sight: bool | None = True) -> "Merchant":
    """From now on the worker reads the shop's orders back; payments in sight put them on hold, unless told otherwise.

    Returns the merchant, who is not signed in before a page is looked at.
    """
    key, at = case.shop.new_key(), case.shop.url
    app = create_app(Settings.from_environment(case.sattle.installation.environment()))
    running = app.extensions["sattle"]
    with app.app_context():
        with change() as session:
            session.add(
                Shop(
                    store_id=case.store.id,
                    home_url=at,
                    root_url=f"{at}/wp-json/",
                    named_root_url=f"{at}/wp-json/",
                    auth="oauth_http",
                    plain_permalinks=False,
                    sealed_key=running.sealer.seal(f"{key.consumer_key}:{key.consumer_secret}", case.store.id),
                    key_ending=key.consumer_key[-7:],
                    name="the stand-in",
                    connected_at=running.clock.now(),
                    on_hold_at_sight=on_hold_at_sight,
                )
            )
        email = f"owner-{case.shop_process.name}@shop.example"
        create_user(email, PASSWORD, running.clock.now(), [case.store.id])
        db.engine.dispose()
    return Merchant(case, email)


class Merchant:
    """The owner of a case's store, at the pages that tell what became of an order."""

    def __init__(self, case: Case, email: str) -> None:
        self._case = case
        self._email = email
        self._browser: requests.Session | None = None

    def page(self, path: str) -> str:
        """A page below /admin, as it was sent."""
        if self._browser is None:
            self._browser = self._sign_in()
        answer = self._browser.get(self._case.sattle.server + path, timeout=SECONDS, allow_redirects=False)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.headers.get('Location', '')}"
        return answer.text

    def board(self, order: Order) -> list[str]:
        """The titles of what is open about the order's invoice, from the page of mismatches."""
        _, *panels = self.page("/admin/mismatches").split('aria-labelledby="matter-')
        mine = [panel for panel in panels if f'/admin/invoices/{order.invoice_id}"' in panel.partition("</section>")[0]]
        found = [re.search(r'href="/admin/mismatches/\d+">([^<]+)<', panel) for panel in mine]
        return [html.unescape(title[1]) for title in found if title]

    def story(self, order: Order) -> str:
        """The text of the page that tells the story of the order's invoice."""
        text = re.sub(r"<[^>]*>", " ", self.page(f"/admin/invoices/{order.invoice_id}/story"))
        return " ".join(html.unescape(text).split())

    def steps(self, order: Order) -> list[str]:
        """The titles of those of its steps that tell what became of the order in the shop."""
        return [html.unescape(title) for title in STEP.findall(self.page(f"/admin/invoices/{order.invoice_id}/story"))]

    def _sign_in(self) -> requests.Session:
        browser, url = requests.Session(), f"{self._case.sattle.server}/login"
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', browser.get(url, timeout=30).text)
        filled = {**dict(hidden), "email": self._email, "password": PASSWORD}
        answer = browser.post(url, data=filled, timeout=30, allow_redirects=False)
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/admin"), answer.text
        return browser


def acts(order: Order) -> list[tuple[str, str]]:
    """(kind, outcome) of what the bridge did about the order's invoice, in that order."""
    sql = "SELECT act, outcome FROM bridge_acts WHERE invoice_id = :invoice ORDER BY id"
    return [(act, outcome) for act, outcome in rows(order, sql)]


def mismatches(order: Order) -> list[str]:
    """The kinds that are open about the order's invoice."""
    sql = "SELECT kind FROM mismatches WHERE invoice_id = :invoice AND resolved_at IS NULL ORDER BY id"
    return [kind for (kind,) in rows(order, sql)]


def watched(order: Order) -> str:
    """The state of the watch."""
    sql = "SELECT w.state FROM watched_orders w JOIN invoices i ON i.watched_order_id = w.id WHERE i.id = :invoice"
    return str(rows(order, sql)[0][0])


def read_again(order: Order) -> None:
    """Let hours pass and wait until the open order was read once more: what was done must not be done twice."""
    looked = "SELECT w.last_looked_at FROM watched_orders w JOIN invoices i ON i.watched_order_id = w.id"
    sql = f"{looked} WHERE i.id = :invoice"
    before = rows(order, sql)
    order.case.sattle.advance(HOURS)
    wait_until(lambda: rows(order, sql) != before, f"order {order.id} to be read again", 60)


def our_notes(order: Order) -> list[str]:
    """The notes that the bridge left on the order."""
    return [str(note) for note in order.in_shop()["notes"] if "Sattle" in str(note)]


def rows(order: Order, sql: str) -> list[Any]:
    return order.case.ledger.rows(sql, invoice=order.invoice_id)


# All of it


def failures(order: Order) -> int:
    """How often the shop failed in a row."""
    sql = "SELECT failures FROM shops WHERE store_id = (SELECT store_id FROM invoices WHERE id = :invoice)"
    return int(rows(order, sql)[0][0])


def writes(order: Order) -> list[str]:
    """What came of each write to the order."""
    return [outcome for act, outcome in acts(order) if act == "write"]


def ends(
    order: Order,
    merchant: Merchant,
    *,
    status: str,
    notes: Sequence[str] = (),
    board: Sequence[str] = (),
    story: Sequence[str],
    plugin_repeats: bool = False,
) -> None:
    """Wait until there is nothing left to do about a shop's one order, then compare all that anybody can see.

    `status`: the order's. `notes`: a part of each note that the bridge left, and no other may be there. No note of
    anybody's is there twice, nor went a mail out twice; but a plugin that is told again may note so again. `board`: the
    titles of what is open. `story`: the titles of the steps that tell what became of the order.
    """
    rests = "mismatch" if board else "done"
    wait_until(lambda: watched(order) == rests, f"the watch of order {order.id} to be {rests}", 60)
    wait_until(lambda: all(outcome != "intended" for _, outcome in acts(order)), "all that was begun to end", 60)
    seen, ours = order.in_shop(), our_notes(order)
    assert seen["status"] == status, seen["status"]
    assert len(ours) == len(notes), ours
    assert [note for note, part in zip(ours, notes, strict=True) if part not in note] == [], ours
    told = ours if plugin_repeats else seen["notes"]
    assert len(told) == len(set(told)), told
    mails = [(mail["recipient"], mail["kind"]) for mail in seen["mails"]]
    assert len(mails) == len(set(mails)), mails
    open_ones, steps = merchant.board(order), merchant.steps(order)
    assert open_ones == list(board), open_ones
    assert (CALM in merchant.page("/admin/mismatches")) == (not board)
    assert steps == list(story), steps
