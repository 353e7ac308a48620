"""Figures as a table for people, and as JSON for scripts."""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows of equal keys as a table."""
    widths = {key: max(len(key), *(len(str(row[key])) for row in rows)) for key in rows[0]}
    print("  ".join(key.rjust(widths[key]) for key in rows[0]))
    for row in rows:
        print("  ".join(str(row[key]).rjust(widths[key]) for key in row))


def parser(description: str) -> argparse.ArgumentParser:
    """A command line with --json."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return made


def finish(rows: Sequence[dict[str, Any]], file: Path | None) -> None:
    """Print the table and write the JSON."""
    show(rows)
    if file is not None:
        file.write_text(json.dumps(list(rows), indent=2) + "\n", encoding="utf-8")
