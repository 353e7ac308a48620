"""A mark that a person makes while the worker assesses the invoice: the later one sees what the earlier one did."""

import threading
from pathlib import Path

import pytest

from app.db.models import Invoice, db
from app.db.queries_chain import whole_invoices
from app.db.session import change
from app.domain.invoice import Status
from app.errors import NotAllowed
from app.usecases.mark_invoice import mark_invoice
from tests.till import Till

SECONDS = 20


def test_a_mark_waits_for_the_worker_and_decides_on_what_it_wrote(migrated_url: str, tmp_path: Path) -> None:
    till = Till(tmp_path, migrated_url)
    invoice_id = till.invoice(till.store())
    held, release, told = threading.Event(), threading.Event(), []

    def worker() -> None:
        with till.app.app_context(), change() as session:
            (row,) = whole_invoices(session, [invoice_id])
            held.set()
            assert release.wait(SECONDS)
            row.status = "Settled"
            told.append("worker")

    def person() -> None:
        assert held.wait(SECONDS)
        with till.app.app_context():
            release.set()
            with pytest.raises(NotAllowed):
                mark_invoice(invoice_id, Status.INVALID, till.now())
            told.append("person")
            db.session.remove()

    both = [threading.Thread(target=each) for each in (worker, person)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(SECONDS)
    assert told == ["worker", "person"]
    with till.app.app_context():
        row = db.session.get(Invoice, invoice_id)
        assert row is not None
        assert (row.status, row.additional_status) == ("Settled", "None")
    till.rest()
