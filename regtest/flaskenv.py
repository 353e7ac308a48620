"""Letting a plain `flask --app wsgi …` in the project's directory mean the running demo.

Flask reads `.flaskenv` by itself; real environment variables win over it. The file exists only while `up` runs with the
default state directory, and a file that somebody else wrote is left alone.
"""

from collections.abc import Mapping
from pathlib import Path

from regtest.errors import RegtestError

FIRST_LINE = "# Written by `make up` and removed when it ends: `flask --app wsgi …` here means the running demo."


def write(path: Path, settings: Mapping[str, str]) -> None:
    """Write the settings in the form that Flask reads. Raises RegtestError rather than touch another's file."""
    if path.exists() and not _is_ours(path):
        raise RegtestError(f"{path} was not written by `make up`; move it away, it would be overwritten")
    lines = [f"{name}={_quoted(value)}" for name, value in sorted(settings.items())]
    path.write_text("\n".join([FIRST_LINE, *lines, ""]), encoding="utf-8")


def remove(path: Path) -> None:
    """Remove the file if it is ours."""
    if path.exists() and _is_ours(path):
        path.unlink()


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _is_ours(path: Path) -> bool:
    return path.read_text(encoding="utf-8", errors="replace").startswith(FIRST_LINE)
