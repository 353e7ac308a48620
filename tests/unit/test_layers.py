"""The shape of the house: imports point down, each library has one home, one module reads the time of day."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("app", "woo_bridge")
    for path in sorted((PROJECT / package).rglob("*.py"))
    if "versions" not in path.parts
}
TOP = {"app", "app.services"}
PURE = {"app.domain", "app.errors"}
EDGES = {"app.db", "app.chain", "app.rates", "app.notify", "woo_bridge"}
UPPER = {
    "app.api",
    "app.pages",
    "app.worker",
    "app.delivery_pool",
    "app.wallet_scanner",
    "app.psbt_proposer",
    "app.quote_keeper",
    "app.webhook_tester",
    "app.bridge_ledger",
    "app.bridge_keeper",
    "app.shop_keeper",
    "app.cli",
    "app.checks",
}
SHARED = {"app.domain", "app.errors", "app.clock"}
BELOW_UPPER = {
    "app.usecases",
    "app.db",
    "app.settings",
    "app.services",
    "app.currencies",
    "app.second_factor",
    "app.sealing",
    "app.throttle",
    "app.proxies",
}
BELOW = {
    "app.domain": PURE,
    "app.errors": set(),
    "app.clock": PURE,
    "app.settings": PURE,
    "app.currencies": PURE,
    "app.second_factor": set(),
    "app.sealing": PURE,
    "app.gunicorn": {"app.db"},
    "app.deadline": set(),
    "app.url_rules": set(),
    "app.throttle": PURE,
    "app.proxies": PURE | {"app.settings"},
    "app.usecases": SHARED | {"app.db"},
    **dict.fromkeys(EDGES, SHARED),
    **dict.fromkeys(("app.notify", "app.rates", "woo_bridge"), SHARED | {"app.deadline"}),
    **dict.fromkeys(UPPER, SHARED | BELOW_UPPER),
}
BELOW["app.worker"] = BELOW["app.worker"] | {
    "app.bridge_keeper",
    "app.delivery_pool",
    "app.quote_keeper",
    "app.shop_keeper",
    "app.webhook_tester",
}
BELOW["app.cli"] = BELOW["app.cli"] | {"app.worker", "app.checks", "app.shop_keeper"}  # `flask worker`, `flask doctor`
BELOW["app.shop_keeper"] = BELOW["app.shop_keeper"] | {"app.checks"}  # its lines are the doctor's
BELOW["app.pages"] = BELOW["app.pages"] | {"app.checks"}
HOMES = {
    "bitcoinrpc": ("app.chain.rpc_line",),
    "zmq": ("app.chain.signals",),
    "hdwallet": ("app.chain.derivation",),
    "wallycore": ("app.chain.derivation", "app.api.bitpay.auth"),
    "sqlalchemy": ("app.db",),
    "flask_sqlalchemy": ("app.db",),
    "flask_migrate": ("app.db",),
    "alembic": ("app.db",),
    "requests": ("app.deadline", "app.notify", "app.rates", "woo_bridge"),
    "urllib3": ("app.deadline", "app.notify", "app.rates", "woo_bridge"),
    "marshmallow": ("app.api",),
    "segno": ("app.pages",),
    "babel": ("app.pages.languages",),
    "flask_babel": ("app.pages.languages",),
    "iso4217": ("app.currencies",),
    "pyotp": ("app.second_factor",),
    "cryptography": ("app.sealing",),
}
SESSION = "sqlalchemy.orm.Session"  # what a change hands out: a type in signatures, no query
NAME_SESSION = ("app.usecases", "app.services")
NO_IO = {"urllib.parse"}
STDLIB_IO = {"socket", "http", "urllib", "sqlite3", "subprocess", "time", "os", "threading"}
SQL_WORDS = {"current_timestamp", "current_date", "current_time", "localtimestamp", "localtime"}
SQL_FUNCTIONS = {"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday"}
SQL_TIME = re.compile(
    rf"\b({'|'.join(SQL_WORDS)})\b"
    rf"|\b({'|'.join(SQL_FUNCTIONS)})\s*\(\s*\)"
    r"|\b(datetime|date|time|julianday|unixepoch|strftime)\s*\([^)]*'now'",
    re.IGNORECASE,
)
TIME_OF_DAY = SQL_WORDS | SQL_FUNCTIONS | {"utcnow", "today", "time", "time_ns", "CURRENT_TIMESTAMP", "gmtime"}
CLOCKS = {"datetime", "date", "time", "func", "dt"}


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


@cache
def imports(module: str) -> tuple[str, ...]:
    """The dotted names that `module` imports; a name imported from a package counts as the module it may be."""
    return tuple(imported(module))


def imported(module: str) -> Iterator[str]:
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            for name in node.names:
                full = f"{node.module}.{name.name}"
                if full != SESSION or not inside(module, NAME_SESSION):
                    yield full if full in MODULES else str(node.module)


def inside(name: str, packages: object) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)  # type: ignore[attr-defined]


def layer(module: str) -> str | None:
    return next((name for name in BELOW if inside(module, [name])), None)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    if module in TOP:
        return
    own = layer(module)
    assert own, f"{module} belongs to no layer"
    upward = [
        name for name in imports(module) if inside(name, ["app", "woo_bridge"]) and not inside(name, BELOW[own] | {own})
    ]
    assert upward == []


def test_there_is_no_import_cycle() -> None:
    waiting = {module: {name for name in imports(module) if name in MODULES} - {module} for module in MODULES}
    while free := [module for module, needs in waiting.items() if not needs & set(waiting)]:
        for module in free:
            del waiting[module]
    assert not waiting, f"a cycle among {sorted(waiting)}"


@pytest.mark.parametrize("module", MODULES)
def test_each_library_stays_in_its_home(module: str) -> None:
    strays = [
        name
        for name in imports(module)
        if name.split(".")[0] in HOMES and not inside(module, HOMES[name.split(".")[0]])
    ]
    assert strays == []


def test_the_rules_do_no_io() -> None:
    for module in MODULES:
        if inside(module, PURE):
            assert not {name.split(".")[0] for name in set(imports(module)) - NO_IO} & STDLIB_IO, module


def time_readings(source: Iterable[ast.AST]) -> list[str]:
    """Where the time of day is read, in Python or by the database."""
    source, found = list(source), []
    clocks = CLOCKS | set(other_names_of_clocks(source))
    for node in source:
        if (
            isinstance(node, ast.Attribute)
            and node.attr in TIME_OF_DAY
            and ast.unparse(node.value).split(".")[-1] in clocks
        ):
            found.append(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [name.name for name in node.names if name.name in TIME_OF_DAY]
        elif (
            isinstance(node, ast.keyword) and node.arg == "server_default" and "now" in ast.unparse(node.value).lower()
        ):
            found.append(ast.unparse(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL_TIME.search(node.value):
            found.append(node.value)
    return found


def other_names_of_clocks(source: Iterable[ast.AST]) -> Iterator[str]:
    """What a module calls them, by an import or by an assignment."""
    for node in source:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name.asname for name in node.names if name.asname and name.name.split(".")[-1] in CLOCKS)
        elif isinstance(node, ast.Assign) and ast.unparse(node.value).split(".")[-1] in CLOCKS:
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"app.clock"}))
def test_only_the_clock_reads_the_time_of_day(module: str) -> None:
    assert time_readings(nodes(module)) == []


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "from time import time",
        "func.now()",
        "Column(server_default=sa.func.now())",
        "text('select CURRENT_TIMESTAMP')",
        "text('select now()')",
        "text('select localtimestamp')",
        "text('select clock_timestamp ( )')",
        """text("select datetime('now')")""",
        "func.localtimestamp()",
        "from datetime import datetime as moment\nmoment.now(UTC)",
        "import datetime as calendar\ncalendar.datetime.now(UTC)",
        "import time as ticks\nticks.time()",
        "from sqlalchemy import func as sql\nsql.now()",
        "moment = datetime\nmoment.utcnow()",
    ],
)
def test_the_search_for_the_time_of_day_finds_it(line: str) -> None:
    assert time_readings(ast.walk(ast.parse(line)))


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_stay_short(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 300
    functions = [node for node in nodes(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > 50] == []
