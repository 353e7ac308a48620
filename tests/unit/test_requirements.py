"""What runs is installed: requirements.txt alone must be enough for everything that `make up` starts."""

import ast
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RUNS = sorted(
    path
    for part in ("app", "woo_bridge", "regtest", "wsgi.py")
    for path in [PROJECT / part, *(PROJECT / part).rglob("*.py")]
)
OURS = {"app", "woo_bridge", "regtest", "wsgi"}


@cache
def pinned() -> frozenset[str]:
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(found[1].lower() for line in lines if (found := re.match(r"([\w.-]+)(?:\[[\w,]+\])?==", line)))


@cache
def owners() -> Mapping[str, list[str]]:
    """Which packages each top-level name comes from."""
    return packages_distributions()


def libraries(path: Path) -> set[str]:
    """The top-level names that a file imports from neither Python nor us."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - OURS - sys.stdlib_module_names


@pytest.mark.parametrize(
    "path", [path for path in RUNS if path.is_file()], ids=lambda path: str(path.relative_to(PROJECT))
)
def test_what_runs_imports_only_what_requirements_txt_installs(path: Path) -> None:
    missing = {name for name in libraries(path) if not {o.lower() for o in owners().get(name, [])} & pinned()}
    assert not missing, f"add to requirements.in: {sorted(missing)}"
