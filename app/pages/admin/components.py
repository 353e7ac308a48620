"""/admin/components: every class of the stylesheet, light beside dark, so that we see a broken one. For ourselves.

The two themes are made from the stylesheet itself, so they cannot differ from what visitors see.
"""

import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, render_template

from app.pages.admin.frame import drawn
from app.pages.signed_in import for_forms, for_merchants, the_merchant

STYLES = Path(__file__).parents[2] / "static" / "sattle.css"
CLASS = re.compile(r"\.(-?[_a-zA-Z][-\w]*)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PROPERTIES = re.compile(r":root\s*\{([^}]*)\}")
SAMPLES = "admin/components_samples.html"

blueprint = for_forms(Blueprint("admin_components", __name__))


@blueprint.get("/admin/components")
@for_merchants
def page() -> Response:
    """The samples, and then by name what no sample shows."""
    _require_administrator()
    samples = render_template(SAMPLES)
    left = [name for name in classes() if name not in shown_in(samples)]
    return drawn("admin/components.html", left=left)


@blueprint.get("/admin/components.css")
@for_merchants
def themes() -> Response:
    """The light and the dark properties as classes, whatever the browser prefers."""
    _require_administrator()
    light, dark = PROPERTIES.findall(_styles())[:2]
    common = "padding: 1rem; background: var(--page); color: var(--text);"
    text = (
        f".light {{ {light} {common} color-scheme: light; }}\n.dark {{ {light} {dark} {common} color-scheme: dark; }}\n"
    )
    return Response(text, mimetype="text/css")


def classes() -> list[str]:
    """The names of all classes that the stylesheet has rules for."""
    return list(dict.fromkeys(CLASS.findall(_selectors())))


def shown_in(markup: str) -> set[str]:
    """The classes that something in the markup has."""
    return {name for names in re.findall(r'class="([^"]*)"', markup) for name in names.split()}


def _selectors() -> str:
    """The stylesheet without comments and without what stands in braces of rules: figures there look like classes."""
    return re.sub(r"\{[^{}]*\}", " ", COMMENT.sub(" ", _styles()))


def _require_administrator() -> None:
    if not the_merchant().is_administrator:
        abort(403, "This page is for the administrators of this server.")


@cache
def _styles() -> str:
    return STYLES.read_text(encoding="utf-8")
