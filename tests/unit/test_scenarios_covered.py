"""Each failure scenario of the specification (its table has 34 rows) is told by at least one test that is run."""

import ast
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
E2E = PROJECT / "tests" / "e2e"
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


def collected(*directories: Path) -> set[str]:
    """The tests that pytest finds there and that are not marked to be left out."""
    chosen = ("--collect-only", "-q", "-p", "no:cacheprovider", "-m", "not skip and not skipif and not xfail")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, *map(str, directories)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.rpartition("/")[2].partition("[")[0] for line in done.stdout.splitlines() if "::" in line}


def test_every_row_is_told_by_a_test_that_is_run() -> None:
    run = collected(SCENARIOS, STORIES)
    told = {test: rows for test, rows in told_rows(SCENARIOS, STORIES).items() if rows}
    assert sorted(set(told) - run) == [], "these name a row and are not run"
    assert set().union(*told.values()) == ROWS


def test_every_scenario_names_its_rows() -> None:
    assert [test for test, rows in told_rows(SCENARIOS).items() if not rows] == []
