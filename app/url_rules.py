"""URL rules that learn to build URLs when the first one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule of werkzeug's that compiles its builder of URLs when it is needed.

    Werkzeug writes and compiles two functions for each rule as it is added. There are some two hundred rules and hardly
    any is ever built from: this was nine tenths of the time in which the application is made, at the start of every
    process and every command.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: Callable[..., tuple[str, str]] | None = None

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = super(LateRule, self)._compile_builder(append_unknown)
            return compiled(rule, **values)

        return build
