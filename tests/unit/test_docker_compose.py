"""docker-compose.yml and Dockerfile, as far as they can be checked without a container engine."""

import json
import re
import shlex
import subprocess
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml

from regtest.node import CONFIG, HIGH_WATER_MARK
from regtest.shop.greenfield.permissions import ASKED
from regtest.state import PROJECT_ROOT
from regtest.up import DEMO_ACCOUNT_KEY

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = COMPOSE["services"]
FOREIGN = {"node", "store-database", "store", "store-setup"}  # from images that are not ours
OURS = sorted(SERVICES.keys() - FOREIGN)
REAL_SHOP = {name for name, service in SERVICES.items() if service.get("profiles") == ["store"]}

GUNICORN_COMMAND = ("gunicorn", "--config", "python:app.gunicorn", "--bind", "wsgi:app")
ZMQ_URL = "tcp://127.0.0.1:28332"
ALSO_FOR_CONTAINERS = {"-rpcuser=demo", "-rpcpassword=play-money"}


READERS = ("app/settings.py", "regtest/attach.py", "regtest/state.py", "regtest/shop/*.py")


def read_by_the_code(name: str) -> bool:
    sources = [path for pattern in READERS for path in PROJECT_ROOT.glob(pattern)]
    return any(f'"{name}"' in path.read_text(encoding="utf-8") for path in sources)


def test_the_parts_of_make_up_are_all_there() -> None:
    assert set(SERVICES) - REAL_SHOP == {"node", "setup", "web", "worker", "miner", "payer", "shop"}


def test_the_real_shop_is_started_only_when_it_is_asked_for_and_nothing_else_waits_for_it() -> None:
    assert {"store-database", "store", "store-keys", "store-setup", "store-connect"} == REAL_SHOP
    for name in set(SERVICES) - REAL_SHOP:
        assert not set(SERVICES[name].get("depends_on", {})) & REAL_SHOP


def test_the_real_shop_and_its_database_agree_on_name_user_and_password() -> None:
    database, shop = SERVICES["store-database"], SERVICES["store"]["environment"]
    for name in ("USER", "PASSWORD"):
        assert shop[f"WORDPRESS_DB_{name}"] == database["environment"][f"MARIADB_{name}"]
    assert shop["WORDPRESS_DB_NAME"] == database["environment"]["MARIADB_DATABASE"]
    assert SERVICES["store-setup"]["environment"] == shop
    host, _, port = shop["WORDPRESS_DB_HOST"].partition(":")
    assert database["command"] == [f"--bind-address={host}", f"--port={port}"]
    assert {f"--host={host}", f"--port={port}"} < set(database["healthcheck"]["test"])


def test_the_real_shop_gets_the_key_that_the_plugin_asks_for_and_sattle_the_shops() -> None:
    script = (PROJECT_ROOT / "docker" / "store-keys.sh").read_text(encoding="utf-8")
    assert set(re.findall(r"btcpay\.store\.[a-z.]+", script)) == set(ASKED)
    _, shop_url, server_url, directory = SERVICES["store-setup"]["command"][1:]
    assert server_url == COMPOSE["x-sattle"]["environment"]["SATTLE_PUBLIC_URL"]
    connect = SERVICES["store-connect"]["command"]
    assert (connect[3:6], connect[6]) == (["woo", "connect", "demo"], shop_url)
    assert connect[-1] == f"{directory}/woo-key"
    assert SERVICES["store-keys"]["command"][-1] == directory


def test_who_needs_a_server_waits_until_it_answers() -> None:
    waiting = {
        (name, on): how["condition"] for name in SERVICES for on, how in SERVICES[name].get("depends_on", {}).items()
    }
    for on in ("web", "store", "store-database", "node"):
        assert {how for (_, needed), how in waiting.items() if needed == on} == {"service_healthy"}
        assert SERVICES[on]["healthcheck"]["retries"] >= 30
    _, shop_url, server_url, _ = SERVICES["store-setup"]["command"][1:]
    assert f"{server_url}/health" in SERVICES["web"]["healthcheck"]["test"][-1]
    assert SERVICES["store"]["healthcheck"]["test"][-1].startswith(shop_url)
    assert {"web", "store"} < set(SERVICES["store-setup"]["depends_on"])


def test_the_sealing_key_is_one() -> None:
    assert len(urlsafe_b64decode(COMPOSE["x-sattle"]["environment"]["SATTLE_SEALING_KEY"])) == 32


@pytest.mark.parametrize("script", sorted((PROJECT_ROOT / "docker").glob("*.sh")), ids=lambda path: path.name)
def test_each_script_can_be_read_by_a_shell(script: Path) -> None:
    checked = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert script.stat().st_mode & 0o111


def test_the_node_gets_the_options_of_make_up_and_a_password() -> None:
    lines = CONFIG.format(rpc_port=18443, zmq_url=ZMQ_URL, high_water_mark=HIGH_WATER_MARK).splitlines()
    options = {f"-{line}" for line in lines if "=" in line and not line.startswith(("#", "regtest="))}
    assert set(SERVICES["node"]["command"]) - {"-regtest"} == options | ALSO_FOR_CONTAINERS


def test_the_password_our_containers_read_is_the_one_the_node_was_given() -> None:
    [source] = COMPOSE["x-sattle"]["configs"]
    user, _, password = COMPOSE["configs"][source["source"]]["content"].partition(":")
    assert {f"-rpcuser={user}", f"-rpcpassword={password}"} == ALSO_FOR_CONTAINERS
    assert set(SERVICES["node"]["healthcheck"]["test"]) > ALSO_FOR_CONTAINERS
    assert COMPOSE["x-sattle"]["environment"]["SATTLE_NODE_COOKIE"] == source["target"]


def test_the_wallet_is_that_of_make_up() -> None:
    assert DEMO_ACCOUNT_KEY in SERVICES["setup"]["command"]


@pytest.mark.parametrize("service", OURS)
def test_each_setting_of_a_service_is_read_by_the_code(service: str) -> None:
    unknown = [name for name in SERVICES[service]["environment"] if not read_by_the_code(name)]
    assert unknown == []


@pytest.mark.parametrize("service", SERVICES)
def test_volumes_and_services_that_are_named_exist(service: str) -> None:
    assert {volume.partition(":")[0] for volume in SERVICES[service]["volumes"]} <= set(COMPOSE["volumes"])
    assert {config["source"] for config in SERVICES[service].get("configs", ())} <= set(COMPOSE["configs"])
    assert set(SERVICES[service].get("depends_on", {})) <= set(SERVICES) - {service}


def test_no_service_waits_for_itself_by_way_of_others() -> None:
    def waits_for(service: str, seen: tuple[str, ...] = ()) -> None:
        assert service not in seen
        for other in SERVICES[service].get("depends_on", {}):
            waits_for(other, (*seen, service))

    for service in SERVICES:
        waits_for(service)


@pytest.mark.parametrize("service", OURS)
def test_the_bench_is_in_the_image_with_what_a_service_starts(service: str) -> None:
    program = SERVICES[service]["command"][0]
    if "/" in program:
        assert (PROJECT_ROOT / program).stat().st_mode & 0o111
    copied = [path for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.M) for path in shlex.split(line)]
    assert {"app", "regtest", "docker", "wsgi.py"} <= set(copied)
    assert all((PROJECT_ROOT / path).exists() for path in copied)


def test_the_web_server_runs_as_production_does_with_only_its_address_beside() -> None:
    [command] = re.findall(r"^CMD (.+)$", DOCKERFILE, re.M)
    for options in (json.loads(command), SERVICES["web"]["command"]):
        program, config, module, bind, address, app = options
        assert (program, config, module, bind, app) == GUNICORN_COMMAND
        assert address.endswith(":8000")


def test_what_the_dockerfile_copies_is_not_ignored() -> None:
    kept = {line[1:] for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {path for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.M) for path in shlex.split(line)}
    assert copied == kept


def test_every_image_is_of_a_named_version() -> None:
    images = [*(SERVICES[name]["image"] for name in FOREIGN), *re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)]
    assert all(":" in image and not image.endswith(":latest") for image in images)


def test_nothing_listens_beyond_the_loopback_interface() -> None:
    assert "0.0.0.0" not in (PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert all(service["network_mode"] == "host" and "ports" not in service for service in SERVICES.values())
