"""Each failure scenario of the specification (its table has 34 rows) is told by at least one test."""

import ast
import re
from pathlib import Path

E2E = Path(__file__).parents[1] / "e2e"
SCENARIOS, STORIES = E2E / "scenarios", E2E / "stories"
ROWS = set(range(1, 35))
ROW = re.compile(r"\b[Rr]ow (\d+)\b")


def told_rows(*directories: Path) -> dict[str, set[int]]:
    """The rows that each test there names in its docstring."""
    return {
        f"{path.name}::{node.name}": {int(row) for row in ROW.findall(ast.get_docstring(node) or "")}
        for directory in directories
        for path in sorted(directory.glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_row_is_told() -> None:
    assert set().union(*told_rows(SCENARIOS, STORIES).values()) == ROWS


def test_every_scenario_names_its_rows() -> None:
    assert [test for test, rows in told_rows(SCENARIOS).items() if not rows] == []
