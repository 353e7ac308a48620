"""Counting what is in a database, in one transaction: for the manifest of a backup and for comparing with it.

Only tables and columns of the first revision are named, so that older copies and newer ones can be counted alike.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnClause, Connection, column, func, inspect, select, table

from app.db.schema import VERSION_TABLE, revision_of
from app.domain.backup import BlockFact, Facts, PaymentSum, WalletFact

UNASSESSED = "Unassessed"  # a payment's status before it has one

INVOICES = table("invoices", column("status"))
PROMPTS = table("prompts", column("id"), column("wallet_id"), column("address_index"))
PAYMENTS = table("payments", column("prompt_id"), column("status"), column("value_sats"))
DELIVERIES = table("deliveries", column("state"))
WALLETS = table("wallets", column("id"), column("next_index"), column("descriptor"))
BLOCKS = table("chain_blocks", column("network"), column("height"), column("hash"))
STATES = table("chain_states", column("network"), column("genesis_hash"))


def facts_of(connection: Connection, network: str) -> Facts | None:
    """What is counted in the database; None if it is none of Sattle's."""
    tables = set(inspect(connection).get_table_names())
    revision = revision_of(connection)
    if revision is None or not {"invoices", "payments", "wallets"} <= tables:
        return None
    return Facts(
        revision=revision,
        genesis=connection.scalar(select(STATES.c.genesis_hash).where(STATES.c.network == network)),
        newest_block=_newest_block(connection, network),
        rows=rows_of(connection),
        invoices=_by(connection, INVOICES.c.status),
        payments=_payments(connection),
        deliveries=_by(connection, DELIVERIES.c.state),
        wallets=_wallets(connection),
    )


def rows_of(connection: Connection) -> Mapping[str, int]:
    """The number of rows of every table but Alembic's own."""
    names = sorted(set(inspect(connection).get_table_names()) - {VERSION_TABLE})
    return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def descriptors_of(connection: Connection) -> dict[int, str]:
    """The derivation schemes of the wallets, by id: what their marks outside the database are found by."""
    return dict(connection.execute(select(WALLETS.c.id, WALLETS.c.descriptor)).all())


def is_empty(connection: Connection) -> bool:
    """Are there no tables, or only Sattle's and no row in any of them?"""
    rows = rows_of(connection)
    return not rows or (revision_of(connection) is not None and not any(rows.values()))


def _newest_block(connection: Connection, network: str) -> BlockFact | None:
    wanted = select(BLOCKS.c.height, BLOCKS.c.hash).where(BLOCKS.c.network == network)
    row = connection.execute(wanted.order_by(BLOCKS.c.height.desc()).limit(1)).one_or_none()
    return None if row is None else BlockFact(row.height, row.hash)


def _by(connection: Connection, status: "ColumnClause[str]") -> dict[str, int]:
    counted = select(status, func.count()).group_by(status)
    return {str(name): count for name, count in connection.execute(counted)}


def _payments(connection: Connection) -> dict[str, PaymentSum]:
    status = PAYMENTS.c.status
    counted = select(status, func.count(), func.sum(PAYMENTS.c.value_sats)).group_by(status)
    return {name or UNASSESSED: PaymentSum(count, int(sats)) for name, count, sats in connection.execute(counted)}


def _wallets(connection: Connection) -> dict[int, WalletFact]:
    index = func.max(PROMPTS.c.address_index)
    by_wallet = select(PROMPTS.c.wallet_id, index).group_by(PROMPTS.c.wallet_id)
    given = dict(connection.execute(by_wallet).all())
    of_payments = by_wallet.join(PAYMENTS, PAYMENTS.c.prompt_id == PROMPTS.c.id)
    paid = dict(connection.execute(of_payments).all())
    rows = connection.execute(select(WALLETS.c.id, WALLETS.c.next_index).order_by(WALLETS.c.id))
    return {row.id: WalletFact(row.next_index, given.get(row.id), paid.get(row.id)) for row in rows}
