"""What a newcomer reads when everything is up."""

from pathlib import Path

SCREEN = """
Sattle is ready.

  shop     {shop}    buy a mug; on the checkout page press "pay from the test wallet"
           {shop}/settings    its payment plugin: connect it by the wizard, show the checkout above the shop
  server   {server}    sign in at {server}/login as {email}
           password {password} (play money: it is the same in every demo)
  node     {node_rpc}   bitcoin-cli -datadir={node_dir} getblockcount
  logs     {logs}

In another terminal, to play customer and miner:

  {python} -m regtest pay {server}/i/INVOICE   pay what remains due (add --amount BTC for less or more)
  {python} -m regtest mine                     one block more: what was paid gets confirmed{miner}
  {python} -m regtest bump                     raise the fee of the last payment
  {python} -m regtest double-spend             spend its coins to somebody else
  {python} -m regtest reorg 2                  replace the last two blocks
  {python} -m regtest advance 900              a quarter of an hour passes at once

  .venv/bin/flask --app wsgi store list        the server's own commands, for this server while it runs

Ctrl-C here, or `make down`, stops everything. What was bought stays for the next `make up`; `make clean` forgets it.
"""


def first_screen(
    status: dict[str, object], account: tuple[str, str], node_dir: Path, logs: Path, miner_seconds: float
) -> str:
    """The text; `status` is what `status --json` prints, `account` the demo merchant's e-mail address and password."""
    miner = f"; a block comes every {miner_seconds:g} s anyway" if miner_seconds else ""
    email, password = account
    told = {**status, "email": email, "password": password, "node_dir": node_dir, "logs": logs}
    return SCREEN.format(**told, python=".venv/bin/python", miner=miner)
