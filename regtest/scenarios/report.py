"""Results as one HTML page that can be mailed: nothing in it is loaded from elsewhere."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from regtest.scenarios.playing import Outcome, Result, Theatre

TEMPLATES = Path(__file__).parent
STATES = {"done": "Done", "now": "Now", "waiting": "To come", "skipped": "Left out", "trouble": "Look here"}
"""What the server calls the state of a step, in words."""


def write_html(results: Sequence[Result], theatre: Theatre, at: datetime, to: Path) -> None:
    """The outcome of all, then each scenario with what was done and the story of its invoices."""
    templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.filters["moment"] = _moment
    counts = Counter(result.outcome for result in results)
    text = templates.get_template("report.html").render(
        results=results,
        counts=[(outcome.value, counts[outcome]) for outcome in Outcome if counts[outcome]],
        states=STATES,
        server=theatre.server.url,
        shop=theatre.shop,
        at=at,
    )
    to.write_text(text, encoding="utf-8")


def _moment(iso: str) -> str:
    """A step's time to the second."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M:%S}"
