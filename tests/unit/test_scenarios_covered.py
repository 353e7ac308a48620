"""Each failure scenario of the specification (its table has 34 rows) is told by at least one test."""

import ast
import re
from pathlib import Path

SCENARIOS = Path(__file__).parents[1] / "e2e" / "scenarios"
ROWS = set(range(1, 35))
ROW = re.compile(r"\b[Rr]ow (\d+)\b")


def told_rows() -> dict[str, set[int]]:
    """The rows that each test names in its docstring."""
    return {
        f"{path.name}::{node.name}": {int(row) for row in ROW.findall(ast.get_docstring(node) or "")}
        for path in sorted(SCENARIOS.glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_row_is_told() -> None:
    assert set().union(*told_rows().values()) == ROWS


def test_every_scenario_names_its_rows() -> None:
    assert [test for test, rows in told_rows().items() if not rows] == []
