"""What a person does about a mismatch. Each remedy asks first: its GET shows the question, its POST does it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, abort, request

from app.db.models import Mismatch
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.permissions import Policy
from app.errors import BadInput, SattleError
from app.pages.admin.frame import drawn
from app.pages.admin.invoice_deeds import Question
from app.pages.admin.mismatches import PATH, mismatch_or_404
from app.pages.signed_in import for_forms, for_merchants, see_other, the_merchant
from app.services import services
from app.usecases.remedy_mismatch import look_again, settle_mismatch
from app.usecases.resolve_mismatch import LONGEST_NOTE, ask_remedy, resolve_mismatch

blueprint = for_forms(Blueprint("admin_mismatch_deeds", __name__))
ONE = PATH + "/<int:mismatch_id>/<any(mark_settled, pay_order, look_again, leave):remedy>"


@dataclass(frozen=True)
class Deed:
    """A question, and what is done when it is answered; it gets the mismatch's id, who answers, and the reason."""

    question: Question
    do: Callable[[int, str, str], None]


def _settle(mismatch_id: int, by: str, said: str) -> None:
    settle_mismatch(mismatch_id, by, said, services().clock.now())


def _pay(mismatch_id: int, by: str, said: str) -> None:
    ask_remedy(mismatch_id, by, Remedy.PAY_ORDER, said, services().clock.now())


def _look(mismatch_id: int, _by: str, _said: str) -> None:
    look_again(mismatch_id, services().clock.now())


def _leave(mismatch_id: int, by: str, said: str) -> None:
    resolve_mismatch(mismatch_id, by, Remedy.LEAVE, said, services().clock.now())


DEEDS = {
    Remedy.MARK_SETTLED: Deed(
        Question(
            "Accept the money?",
            "The invoice is marked settled, whatever it asked for, and the shop is told that the order is paid. If the "
            "shop does not follow, Sattle sets the order to paid itself, unless somebody there has decided otherwise.",
            "Accept it",
            wants_reason=True,
        ),
        _settle,
    ),
    Remedy.PAY_ORDER: Deed(
        Question(
            "Set the order to paid?",
            "Sattle writes to the shop over its REST API: the order becomes paid, its goods are taken from stock and "
            "the customer gets the shop's mail. Sattle would not do this by itself, because of what is said on the "
            "page before. It is done within a minute.",
            "Set it to paid",
            is_bad=True,
            wants_reason=True,
        ),
        _pay,
    ),
    Remedy.LOOK_AGAIN: Deed(
        Question(
            "Read the order again?",
            "Sattle asks the shop for the order at once. If order and invoice agree by now, this closes by itself.",
            "Read it",
        ),
        _look,
    ),
    Remedy.LEAVE: Deed(
        Question(
            "Leave both as they are?",
            "The matter is closed, and Sattle does not bring it up again. What the shop was still to be told of this "
            "invoice is not told any more. The order and the invoice stay as they are.",
            "Close the matter",
            wants_reason=True,
        ),
        _leave,
    ),
}


@blueprint.get(ONE)
@for_merchants
def ask(mismatch_id: int, remedy: str) -> Response:
    """The question."""
    row, deed = _offered(mismatch_id, remedy)
    return _asked(row, deed.question)


@blueprint.post(ONE)
@for_merchants
def do(mismatch_id: int, remedy: str) -> Response:
    """The deed."""
    row, deed = _offered(mismatch_id, remedy)
    reason = request.form.get("reason", "").strip()
    try:
        if deed.question.wants_reason and not reason:
            raise BadInput("reason", reason, "say why, for whoever reads this later")
        deed.do(mismatch_id, the_merchant().email, reason)
    except SattleError as trouble:
        row, _ = mismatch_or_404(mismatch_id, Policy.MODIFY_INVOICES)  # a change forgets what was read
        return _asked(row, deed.question, str(trouble), reason, 422)
    return see_other(f"{PATH}/{mismatch_id}")


def _offered(mismatch_id: int, remedy: str) -> tuple[Mismatch, Deed]:
    row, _ = mismatch_or_404(mismatch_id, Policy.MODIFY_INVOICES)
    if Remedy(remedy) not in MismatchKind(row.kind).told.remedies:
        abort(404, "That is no remedy for this mismatch.")
    return row, DEEDS[Remedy(remedy)]


def _asked(row: Mismatch, question: Question, trouble: str = "", reason: str = "", status: int = 200) -> Response:
    return drawn(
        "admin/ask.html",
        status,
        question=question,
        back=f"{PATH}/{row.id}",
        name=f"{MismatchKind(row.kind).told.title}, order {row.watched_order.order_id}",
        trouble=trouble,
        reason=reason,
        longest_reason=LONGEST_NOTE,
    )
