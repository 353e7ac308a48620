"""Rules that compile late build what werkzeug's own build."""

import pytest
from werkzeug.routing import Map, Rule

from app.url_rules import LateRule

RULES = ("/i/<invoice_id>", "/fixed", "/a/<rule>/b/<int:number>")


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("/i/<invoice_id>", {"invoice_id": "ä/b"}),
        ("/i/<invoice_id>", {"invoice_id": "x", "modal": "true", "empty": None}),
        ("/fixed", {}),
        ("/a/<rule>/b/<int:number>", {"rule": "r", "number": 7, "compiled": "1"}),
    ],
)
def test_the_same_urls_are_built_each_time(endpoint: str, values: dict[str, object]) -> None:
    late, usual = (Map([rule(each, endpoint=each) for each in RULES]).bind("shop.example") for rule in (LateRule, Rule))
    for _ in range(2):
        assert late.build(endpoint, values) == usual.build(endpoint, values)
