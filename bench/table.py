"""Figures as a table for people, and as JSON for scripts."""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def show(rows: Sequence[Row]) -> None:
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


def finish(rows: Sequence[Row], file: Path | None) -> None:
    """Print the table and write the JSON."""
    show(rows)
    write_json(list(rows), file)


def write_json(figures: object, file: Path | None) -> None:
    """Write figures to a file, if one was named."""
    if file is not None:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
