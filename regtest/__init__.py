"""The QA harness: a Bitcoin Core node on regtest, a miner, a payer, the processes of Sattle, and a command line.

Nothing of the product imports this package. It talks to the node with an RPC client of its own, so that what the
product believes can be compared with somebody else's reading of the same chain. This module and `packages` use
the standard library only: `make up` runs them before there is a virtual environment.
"""
