"""docs/install.md names settings, commands and RPC calls that exist, and files that are what they claim to be."""

import configparser
import re
from pathlib import Path

import click
import pytest
from flask import Flask

from app import cli
from app.settings import Settings

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docs" / "install.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(
    r"""["'](get[a-z]{4,}|scantxoutset|sendrawtransaction|estimatesmartfee|list[a-z]{5,}|wallet[a-z]{6,})["']"""
)
NO_CALLS = {"getattr"}


def blocks(kind: str) -> list[str]:
    return [found["body"] for found in FENCED.finditer(TEXT) if found["kind"] == kind]


def unit(description: str) -> configparser.ConfigParser:
    """A systemd unit; keys that stand several times keep the last."""
    (body,) = [body for body in blocks("ini") if f"Description={description}\n" in body]
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign] # keys keep their case
    read.read_string(body)
    return read


def environment() -> dict[str, str]:
    lines = re.findall(r"^(SATTLE_[A-Z_]+)=(\S+)$", TEXT, re.MULTILINE)
    return dict(lines) | {"SATTLE_NODE_PASSWORD": "made-in-step-3"}


def test_every_setting_is_one_that_sattle_reads() -> None:
    listed = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(SATTLE_[A-Z_]+|DATABASE_URL)\b", TEXT))
    assert len(named) >= 8
    assert [name for name in named if f"`{name}`" not in listed] == []


def test_the_environment_is_accepted_as_it_stands() -> None:
    settings = Settings.from_environment(environment())
    assert settings.network == "mainnet"
    assert settings.public_url == "https://pay.example.com"
    assert settings.is_sqlite
    assert settings.node_user == "sattle"
    assert settings.trusted_proxies


def test_the_postgresql_address_is_accepted() -> None:
    (url,) = re.findall(r"`DATABASE_URL=(\S+)`", TEXT)
    assert not Settings.from_environment({**environment(), "DATABASE_URL": url}).is_sqlite


def commands() -> list[list[str]]:
    """What stands behind `sattle` and `flask --app wsgi`, up to the end of the line or of the code."""
    code = "\n".join(FENCED.sub("", TEXT).split("`")[1::2]) + "\n" + "\n".join(blocks("sh") + blocks("ini"))
    found = re.findall(
        r"(?:^|/usr/local/bin/|; )sattle ([a-z][^\n'\"`]*)|flask --app wsgi ([a-z][^\n'\"`]*)", code, re.MULTILINE
    )
    return [(first or second).split() for first, second in found]


def test_every_command_exists_with_its_options() -> None:
    app = Flask("named")
    cli.register(app)
    assert len(commands()) >= 10
    for words in commands():
        if words[0] == "db":
            assert words == ["db", "upgrade"]
            continue
        command: click.Command = app.cli
        rest = list(words)
        while isinstance(command, click.Group) and rest and rest[0] in command.commands:
            command = command.commands[rest.pop(0)]
        assert command is not app.cli, f"there is no command {words}"
        known = {option for parameter in command.params for option in parameter.opts}
        assert [word for word in rest if word.startswith("--") and word not in known] == [], words


def test_the_node_answers_every_call_that_sattle_makes() -> None:
    (line,) = re.findall(r"^rpcwhitelist=sattle:(\S+)$", TEXT, re.MULTILINE)
    source = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "app" / "chain").glob("*.py"))
    called = set(CALL.findall(source)) - NO_CALLS
    assert len(called) > 15
    assert called == set(line.split(","))


def test_the_node_announces_what_the_worker_listens_to() -> None:
    (body,) = [body for body in blocks("ini") if "zmqpubrawtx=" in body]
    for topic in ("rawtx", "hashblock", "sequence"):
        assert f"zmqpub{topic}={environment()['SATTLE_NODE_ZMQ']}" in body
        assert f"zmqpub{topic}hwm=100000" in body
    assert "prune=" in body


@pytest.mark.parametrize("name", ["Sattle, the web server", "Sattle, the worker"])
def test_the_services_are_locked_in(name: str) -> None:
    service = unit(name)["Service"]
    assert (service["User"], service["EnvironmentFile"]) == ("sattle", "/etc/sattle/environment")
    assert service["ReadWritePaths"] == environment()["SATTLE_DATA_DIR"]
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces"):
        assert service[key] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["RestartPreventExitStatus"] == "3"


def test_web_and_worker_are_locked_in_alike() -> None:
    web, worker = (dict(unit(name)["Service"]) for name in ("Sattle, the web server", "Sattle, the worker"))
    differing = {key for key in web | worker if web.get(key) != worker.get(key)}
    assert differing == {"ExecStart", "Environment"}


def test_an_upgrade_stops_saves_migrates_and_starts_in_this_order() -> None:
    (body,) = [body for body in blocks("sh") if "systemctl stop" in body]
    steps = ["systemctl stop", "sattle backup", "sattle db upgrade", "systemctl start", "sattle doctor"]
    assert [body.index(step) for step in steps] == sorted(body.index(step) for step in steps)


def test_no_step_takes_the_rights_of_the_next_ones_away() -> None:
    """The commands are run in one shell: what it makes in /opt and /usr/local is for the service's user to read."""
    lines = [line for body in blocks("sh") for line in body.splitlines()]
    assert [line for line in lines if re.match(r"(umask|export)\b", line)] == []


def test_what_belongs_to_postgresqls_user_is_not_asked_of_root() -> None:
    lines = [line for body in blocks("sh") for line in body.splitlines() if re.search(r"\bcreate(user|db)\b", line)]
    assert len(lines) == 2
    assert all(line.startswith("runuser --user postgres -- create") for line in lines)
    assert "`createdb" not in TEXT
