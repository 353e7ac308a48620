"""Reading a rule script: lines of PAIR = EXPRESSION; with comments behind // (rates.md section 3)."""

import re
from collections.abc import Callable
from decimal import Decimal

from app.domain.rate_expressions import Binary, Exchange, Expression, Group, Negative, Number, PairOf, Sides
from app.domain.rates import LONGEST_CODE, Pair
from app.errors import BadInput

LONGEST = 10_000  # characters
LONGEST_RULE = 300  # words
DEEPEST = 30  # parentheses and signs within each other
FIELD = "effectiveScript"

_COMMENT = re.compile(r"//[^\n]*")
_TOKEN = re.compile(r"\s*(?:(\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})|([A-Za-z]\w*)|([-+*/(),;=]))", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9]+")

Rule = tuple[Pair, Expression]


def read_script(text: str) -> tuple[Rule, ...]:
    """The rules of a script, in their order. BadInput says at what word it cannot be read."""
    if len(text) > LONGEST:
        raise BadInput(FIELD, text[:40], f"a script has at most {LONGEST} characters")
    if "\x00" in text:
        raise BadInput(FIELD, text[:40], "it holds a character that is no text; take it away, in comments, too")
    reader = _Reader(_tokens(_COMMENT.sub("", text)))
    rules = []
    while reader.ahead:
        if not reader.passed(";"):
            rules.append(reader.rule())
    if not rules:
        raise BadInput(FIELD, text[:40], "write at least one rule, such as X_X = kraken(X_X);")
    return tuple(rules)


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise BadInput(
                FIELD, text[position : position + 20].strip(), "rules hold names, numbers and + - * / ( ) , ;"
            )
        found.append(token[0].strip())
        position = token.end()
    return found


class _Reader:
    """The words of a script, and how far they are read."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def ahead(self) -> str:
        """The next word; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def passed(self, token: str) -> bool:
        """Take this word if it is the next one."""
        self._at += (there := self.ahead == token)
        return there

    def rule(self) -> Rule:
        """PAIR = EXPRESSION, and the semicolon unless the script ends."""
        begun = self._at
        pair = self._pair()
        self._expect("=")
        rule = pair, self._sum()
        if self._at - begun > LONGEST_RULE:
            raise BadInput(FIELD, str(pair), f"a rule has at most {LONGEST_RULE} words; make two of it")
        if self.ahead:
            self._expect(";")
        return rule

    def _sum(self) -> Expression:
        return self._chain(self._product, "+-")

    def _product(self) -> Expression:
        return self._chain(self._factor, "*/")

    def _chain(self, part: Callable[[], Expression], signs: str) -> Expression:
        left = part()
        while self.ahead and self.ahead in signs:
            left = Binary(self._next(), left, part())
        return left

    def _factor(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadInput(FIELD, self._near(), f"at most {DEEPEST} parentheses and signs may stand in each other")
        if self.passed("-"):
            read: Expression = Negative(self._factor())
        else:
            read = self._factor() if self.passed("+") else self._atom()
        self._depth -= 1
        return read

    def _atom(self) -> Expression:
        if self.passed("("):
            first = self._sum()
            read: Expression = Sides(first, self._sum()) if self.passed(",") else Group(first)
            self._expect(")")
            return read
        if self.ahead[:1].isdigit() or self.ahead[:1] == ".":
            return Number(Decimal(self._next()))
        if "_" in self.ahead:
            return PairOf(self._pair())
        source = self._next()
        if not _NAME.fullmatch(source) or not self.passed("("):
            raise BadInput(
                FIELD, source or "the end", "a number, a pair such as BTC_USD, or kraken(BTC_USD) belongs here"
            )
        read = Exchange(source.lower(), self._pair())
        self._expect(")")
        return read

    def _pair(self) -> Pair:
        text = self._next().upper()
        base, _, quote = text.partition("_")
        if not (_NAME.fullmatch(base) and _NAME.fullmatch(quote.replace("_", ""))) or len(text) > 2 * LONGEST_CODE:
            raise BadInput(FIELD, text or "the end", "a pair of currencies belongs here, such as BTC_USD or X_EUR")
        return Pair(base, quote)

    def _expect(self, token: str) -> None:
        if not self.passed(token):
            raise BadInput(FIELD, self._near(), f"{token} belongs here")

    def _next(self) -> str:
        token = self.ahead
        self._at += 1
        return token

    def _near(self) -> str:
        return " ".join(self._tokens[self._at : self._at + 4]) or "the end"
