"""Connect a case's store to its shop over REST, as the worker does once a key was pasted; and what the books say."""

from typing import Any

from app import create_app
from app.db.models import Shop, db
from app.db.session import change
from app.settings import Settings
from tests.e2e.case import Case, Order


def connect(case: Case) -> None:
    """From now on the worker reads the shop's orders back; payments in sight put them on hold."""
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
                    on_hold_at_sight=True,
                )
            )
        db.engine.dispose()


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


def our_notes(order: Order) -> list[str]:
    """The notes that the bridge left on the order."""
    return [str(note) for note in order.in_shop()["notes"] if "Sattle" in str(note)]


def rows(order: Order, sql: str) -> list[Any]:
    return order.case.ledger.rows(sql, invoice=order.invoice_id)
