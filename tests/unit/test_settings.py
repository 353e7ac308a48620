"""Every setting is documented, every documented setting exists, and the defaults are what the page says."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.settings import Settings

PROJECT = Path(__file__).parents[2]
NAME = re.compile(r"""["'](DATABASE_URL|SATTLE_[A-Z_]*[A-Z])["']|\b(SATTLE_[A-Z_]*[A-Z])(?==)""")
DOCUMENTED = re.compile(r"^\| `(DATABASE_URL|SATTLE_[A-Z_]+)` \|", re.MULTILINE)


def names_in_code() -> set[str]:
    sources = [path for package in ("app", "regtest") for path in (PROJECT / package).rglob("*.py")]
    found = (match for path in sources for match in NAME.finditer(path.read_text(encoding="utf-8")))
    return {match.group(1) or match.group(2) for match in found}


def test_the_page_lists_the_settings_that_the_code_reads_and_no_others() -> None:
    page = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = DOCUMENTED.findall(page)
    assert set(documented) == names_in_code()
    assert len(documented) == len(set(documented))


def test_an_empty_environment_is_a_mainnet_server_that_trusts_nobody() -> None:
    settings = Settings.from_environment({})
    assert (settings.network, settings.node_urls) == ("mainnet", ("http://127.0.0.1:8332",))
    assert settings.is_sqlite
    assert (settings.trusted_proxies, settings.allow_private_targets, settings.fixed_rates) == ((), False, {})


def test_a_postgres_address_gets_its_driver() -> None:
    for prefix in ("postgres", "postgresql"):
        settings = Settings.from_environment({"DATABASE_URL": f"{prefix}://u:p@h/n"})
        assert settings.database_url == "postgresql+psycopg://u:p@h/n"
        assert not settings.is_sqlite


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SATTLE_NETWORK", "moon"),
        ("SATTLE_PUBLIC_URL", "shop.example"),
        ("SATTLE_PUBLIC_URL", "http://"),
        ("SATTLE_PUBLIC_URL", "https://shop.example:99999"),
        ("SATTLE_PUBLIC_URL", "https://shop.example/?page=1"),
        ("SATTLE_PUBLIC_URL", "https://me:secret@shop.example"),
        ("SATTLE_NODE_URL", "http://h:notaport"),
        ("SATTLE_NODE_URL", "http://me:secret@127.0.0.1:8332"),
        ("SATTLE_NODE_URL", "http://127.0.0.1:8332/wallet/shop"),
        ("SATTLE_NODE_URL", ","),
        ("SATTLE_NODE_ZMQ", "nonsense"),
        ("SATTLE_NODE_ZMQ", "tcp://127.0.0.1"),
        ("SATTLE_NODE_ZMQ", "tcp://127.0.0.1:0"),
        ("SATTLE_NODE_ZMQ", "tcp://127.0.0.1:99999"),
        ("SATTLE_NODE_ZMQ", "ipc://"),
        ("SATTLE_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("SATTLE_FIXED_RATES", "BTC_EUR=many"),
        ("SATTLE_FIXED_RATES", "BTC_EUR"),
        ("SATTLE_FIXED_RATES", "BTC_EUR=-1"),
        ("SATTLE_FIXED_RATES", "BTC_EUR=0"),
        ("SATTLE_FIXED_RATES", "BTC_EUR=NaN"),
        ("SATTLE_FIXED_RATES", "EUR=5"),
        ("SATTLE_FIXED_RATES", "EUR_BTC=0.00002"),
        ("SATTLE_ALLOW_PRIVATE_TARGETS", "perhaps"),
        ("SATTLE_TEST_CLOCK", "clock"),
        ("SATTLE_LOG_LEVEL", "loud"),
        ("SATTLE_STREAMS", "many"),
        ("SATTLE_STREAMS", "-1"),
        ("SATTLE_STREAMS", "100000"),
        ("DATABASE_URL", "mysql://u:secret@h/n"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///file:x?mode=memory&uri=true"),
        ("DATABASE_URL", "postgresql://u:secret@h:notaport/n"),
        ("DATABASE_URL", "postgresql://u:secret@h:0/n"),
        ("DATABASE_URL", "postgresql://u:secret@h:99999/n"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        Settings.from_environment({name: value})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:a/b#c?d:e@h:5432/n",
        "postgresql+psycopg:///n?host=/run/postgresql",
        "postgresql+psycopg://u@[::1]:5432/n",
        "sqlite:////var/lib/sattle/sattle.db",
    ],
)
def test_a_database_may_be_named_in_many_ways(url: str) -> None:
    assert Settings.from_environment({"DATABASE_URL": url}).database_url == url


def test_what_is_read_is_kept_in_one_spelling() -> None:
    asked = {
        "SATTLE_FIXED_RATES": "btc-eur = 50000.5, BTCUSD=55000",
        "SATTLE_NODE_URL": "https://node.example/,http://[::1]:8332",
        "SATTLE_NODE_ZMQ": "ipc:///run/node.sock,tcp://[::1]:28332",
    }
    settings = Settings.from_environment(asked)
    assert settings.fixed_rates == {"BTC_EUR": Decimal("50000.5"), "BTC_USD": Decimal(55000)}
    assert settings.node_urls == ("https://node.example", "http://[::1]:8332")
    assert settings.node_zmqs == ("ipc:///run/node.sock", "tcp://[::1]:28332")


def test_several_nodes_are_named_with_commas_each_with_what_belongs_to_it() -> None:
    asked = {
        "SATTLE_NODE_URL": "http://10.0.0.1:8332, http://10.0.0.2:8332",
        "SATTLE_NODE_ZMQ": "tcp://10.0.0.1:28332,tcp://10.0.0.2:28332",
    }
    settings = Settings.from_environment(asked)
    assert settings.node_urls == ("http://10.0.0.1:8332", "http://10.0.0.2:8332")
    assert settings.node_zmqs == ("tcp://10.0.0.1:28332", "tcp://10.0.0.2:28332")
    assert settings.node_cookies == ()
    with pytest.raises(ConfigError, match="SATTLE_NODE_COOKIE names 1, SATTLE_NODE_URL 2"):
        Settings.from_environment(asked | {"SATTLE_NODE_COOKIE": "cookie"})
    with pytest.raises(ConfigError, match="SATTLE_NODE_ZMQ names 1, SATTLE_NODE_URL 2"):
        Settings.from_environment({"SATTLE_NODE_URL": asked["SATTLE_NODE_URL"]})


def test_the_payer_of_the_demo_is_ignored_elsewhere() -> None:
    asked = {"SATTLE_REGTEST_PAYER_URL": "http://127.0.0.1:1"}
    assert Settings.from_environment(asked).regtest_payer_url is None
    assert Settings.from_environment(asked | {"SATTLE_NETWORK": "regtest"}).regtest_payer_url
