"""One Sattle installation of the harness: its settings, its programs and its own `flask` commands.

`up` runs one in the state directory, a test as many as it likes, each with a database and ports of its own.
"""

import json
import os
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests

from regtest.errors import RegtestError
from regtest.node import Node
from regtest.processes import Process
from regtest.shop.greenfield.permissions import ASKED
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until

GUNICORN = ("-m", "gunicorn", "--config", "python:app.gunicorn")
GRACE_SECONDS = 3  # for requests under way when the server is stopped: a test waits no longer

EACH_COMMAND = """
import json, sys
from wsgi import app
outputs = []
for command in json.load(sys.stdin):
    done = app.test_cli_runner().invoke(args=command)
    if done.exit_code:
        sys.exit(f"flask {' '.join(command)} failed:\\n{done.output}{done.exception}")
    outputs.append(done.stdout)
json.dump(outputs, sys.stdout)
"""

COMMAND_SECONDS = 120
START_SECONDS = 60


@dataclass(frozen=True)
class CreatedStore:
    """A store's id, a code to pair a shop with it (for a while), and a key for the Greenfield plugin."""

    id: str
    pairing_code: str
    api_key: str


@dataclass(frozen=True)
class Installation:
    """Where an installation lives. `database_url` is SQLite in `directory` unless given; logs are kept in `log_dir`."""

    node: Node
    directory: Path
    web_port: int
    log_dir: Path
    pid_dir: Path | None = None
    database_url: str | None = None
    payer_url: str | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """The address under which this installation is reached, without a slash at the end."""
        return f"http://127.0.0.1:{self.web_port}"

    def environment(self) -> dict[str, str]:
        """Every setting that makes the product run here; docs/settings.md explains them."""
        payer = {"SATTLE_REGTEST_PAYER_URL": self.payer_url} if self.payer_url else {}
        return {
            "FLASK_SKIP_DOTENV": "1",  # the settings of a demo that runs beside us are not ours
            "SATTLE_NETWORK": "regtest",
            "SATTLE_TEST_CLOCK": str(self.node.clock_file),
            "SATTLE_NODE_URL": self.node.rpc_url,
            "SATTLE_NODE_COOKIE": str(self.node.cookie),
            "SATTLE_NODE_ZMQ": self.node.zmq_url,
            "SATTLE_PUBLIC_URL": self.server,
            "SATTLE_DATA_DIR": str(self.directory),
            "DATABASE_URL": self.database_url or f"sqlite:///{self.directory / 'sattle.db'}",
            "SATTLE_SEALING_KEY": self.sealing_key(),
            "PYTHONUNBUFFERED": "1",
            **payer,
            **self.settings,
        }

    def sealing_key(self) -> str:
        """The same each time this installation starts; a test bench has no secret worth a better one."""
        return urlsafe_b64encode(sha256(str(self.directory).encode()).digest()).decode()

    # Programs

    def web(self) -> Process:
        """gunicorn, set up as in production."""
        options = ("--bind", f"127.0.0.1:{self.web_port}", "--graceful-timeout", str(GRACE_SECONDS))
        return self._program("web", [*GUNICORN, *options, "wsgi:app"])

    def worker(self, name: str = "worker") -> Process:
        """The watcher of the chain and deliverer of notifications. On PostgreSQL there may be several, by `name`."""
        return self._program(name, ["-m", "flask", "--app", "wsgi", "worker"])

    def shop(self, name: str, port: int, pairing_code: str = "", api_key: str = "") -> Process:
        """A stand-in shop on a port of its own. It uses the pairing code and the key unless it was connected before."""
        return self._program(
            name,
            ["-m", "regtest.shop"],
            SATTLE_SHOP_PORT=str(port),
            SATTLE_SHOP_SERVER=self.server,
            SATTLE_SHOP_STATE=str(self.directory / name),
            SATTLE_SHOP_PAIRING_CODE=pairing_code,
            SATTLE_SHOP_API_KEY=api_key,
        )

    def verb(self, name: str, *arguments: str) -> Process:
        """A verb of the harness's own command line as a program beside the others."""
        return self._program(name, ["-m", "regtest", *arguments])

    def _program(self, name: str, arguments: list[str], **settings: str) -> Process:
        return Process(
            name,
            [sys.executable, *arguments],
            log=self.log_dir / f"{name}.log",
            environment={**self.environment(), **settings},
            pid_file=self.pid_dir / f"{name}.pid" if self.pid_dir else None,
            directory=PROJECT_ROOT,
        )

    # Commands

    def flask(self, *arguments: str, given: str = "") -> str:
        """Run `flask --app wsgi …` here, `given` on its standard input, and return its standard output.

        Raises RegtestError with its standard error.
        """
        done = self._python("-m", "flask", "--app", "wsgi", *arguments, given=given)
        if done.returncode != 0:
            raise RegtestError(f"flask {' '.join(arguments)} failed:\n{(done.stderr or done.stdout)[-3000:]}")
        return done.stdout

    def flask_each(self, *commands: Sequence[str]) -> list[str]:
        """Run several commands in one process, which saves a second each; returns what each wrote to standard output.

        Raises RegtestError when one fails; those after it are not run then.
        """
        done = self._python("-c", EACH_COMMAND, given=json.dumps(commands))
        if done.returncode != 0:
            raise RegtestError(done.stderr[-3000:])
        outputs: list[str] = json.loads(done.stdout)
        return outputs

    def flask_json(self, *arguments: str) -> Any:
        """The same for a command that knows `--json`."""
        return json.loads(self.flask(*arguments, "--json"))

    def _python(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, **self.environment()},
            cwd=PROJECT_ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def migrate(self) -> None:
        """Make the database, or bring it to the newest revision."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.flask("db", "upgrade")

    def store_named(self, name: str) -> str | None:
        """The id of the first store of this name, None if there is none."""
        return next((store["id"] for store in self.flask_json("store", "list") if store["name"] == name), None)

    def create_store(
        self, name: str, account_key: str, terms: Mapping[str, str] | None = None, *, with_key: bool = True
    ) -> CreatedStore:
        """A store with a wallet, and what a shop needs to connect by either plugin; the key is a new merchant's, and
        empty if none is wanted. `terms` are the command's own: speed_policy, tolerance, …
        """
        options = [part for term, value in (terms or {}).items() for part in (f"--{term.replace('_', '-')}", value)]
        created, _, paired, *keys = self.flask_each(
            ["store", "create", name, "--json", *options],
            ["wallet", "add", name, account_key],
            ["store", "pair", name, "--json"],
            *(_key_commands(name) if with_key else ()),
        )
        key = json.loads(keys[-1])["apiKey"] if keys else ""
        return CreatedStore(json.loads(created)["id"], json.loads(paired)["pairingCode"], key)

    def api_key(self, store: str, email: str | None = None) -> str:
        """A fresh key to the store (id or name) with what the Greenfield plugin wants, of this or a new merchant."""
        made = self.flask_each(*([_key_command(email, store)] if email else _key_commands(store)))[-1]
        key: str = json.loads(made)["apiKey"]
        return key

    def have_user(self, email: str, password: str, store: str) -> None:
        """An account that owns the store (id or name); one that is there already is left as it is."""
        if any(user["email"] == email for user in self.flask_json("user", "list")):
            return
        self.flask("user", "create", email, "--store", store, "--password-stdin", given=password + "\n")

    def pairing_code(self, store: str) -> str:
        """A fresh code with which one shop can pair itself to the store (id or name)."""
        code: str = self.flask_json("store", "pair", store)["pairingCode"]
        return code


def _key_commands(store: str) -> list[list[str]]:
    email = f"merchant-{secrets.token_hex(4)}@shop.example"
    return [
        ["user", "create", email, "--store", store, "--generate", "--json"],
        _key_command(email, store),
    ]


def _key_command(email: str, store: str) -> list[str]:
    return ["api-key", "create", email, *ASKED, "--store", store, "--label", "WooCommerce", "--json"]


def wait_for_http(process: Process, url: str) -> None:
    """Return when a server answers anything at all. Raises RegtestError with its log's end if it ends before."""

    def answers() -> bool:
        process.require_alive()
        requests.get(url, timeout=5, allow_redirects=False)
        return True

    wait_until(answers, f"{process.name} to answer at {url}", START_SECONDS, ignoring=(requests.RequestException,))
