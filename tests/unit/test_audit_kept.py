"""Every change that a person can make is written into the audit log, or somebody said why it need not be."""

import ast
from pathlib import Path

from app.domain.audit import GROUPS, Kind, changes
from app.pages.admin.audit_words import GROUP_WORDS, WORDS

USECASES = Path(__file__).parents[2] / "app" / "usecases"
CHANGES = {"change", "assessing_change"}
NOTES = {"note", "note_wallet"}
NOT_A_PERSONS_DOING = {
    "activate_payment_method": "a buyer looks",
    "back_up": "keeps a row about the backup itself",
    "check_shop": "looks at a shop, and changes nothing there",
    "claim_order": "the worker",
    "close_invoice": "the worker; it keeps a row of what it did",
    "create_invoice": "an invoice is its own record",
    "deliver": "the worker",
    "expire_invoices": "the worker",
    "hear_shop": "the shop; when it was heard last",
    "keep_shop_hook": "the worker",
    "note_key_use": "when a key was used last",
    "nudge_delivery": "the worker; it keeps a row of what it did",
    "open_mismatch": "the worker",
    "prune_deliveries": "the worker",
    "record_act": "the worker; it keeps a row of what it does",
    "record_chain": "the worker",
    "record_look": "the worker",
    "record_scan": "the worker",
    "record_shop_health": "the worker",
    "refresh_rates": "the worker",
    "scan_wallet": "the worker",
    "set_metadata": "what a shop says of its order, all day",
    "supersede_overtaken": "the worker",
    "supersede_owed": "the worker, or part of a person's deed that is noted",
    "take_address": "an invoice is its own record",
    "verify_backup": "keeps that the backup was proved",
    "watch_order": "the worker, or the shop that says of its orders what is new",
}


def calls(module: Path) -> set[str]:
    tree = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    return {node.func.id for node in tree if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def test_every_use_case_that_a_person_starts_is_noted() -> None:
    changing = {path.stem: calls(path) for path in USECASES.glob("*.py") if CHANGES & calls(path)}
    silent = {name for name, called in changing.items() if not NOTES & called}
    assert silent == set(NOT_A_PERSONS_DOING)


def test_every_kind_has_its_words() -> None:
    assert set(WORDS) == set(Kind)
    assert set(GROUP_WORDS) == set(GROUPS)


def test_changes_are_told_with_what_was_before() -> None:
    assert changes({"name": "a", "kept": 1, "gone": 2}, {"name": "b", "kept": 1, "new": 3}) == {
        "name": ["a", "b"],
        "gone": [2, None],
        "new": [None, 3],
    }
