"""explorer: outpoints as bytes, verified and settled payments, alerts, gaps

Revision ID: 0003
Revises: 0002

"""
from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

LOST = 'settled_at IS NOT NULL AND height IS NULL'
BATCH = 1000


def upgrade():
    op.create_table('alerts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invoice_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('outpoint', sa.String(), nullable=False),
    sa.Column('message', sa.String(), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_alerts_invoice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts')),
    sa.UniqueConstraint('invoice_id', 'kind', 'outpoint', name=op.f('uq_alerts_invoice_id_kind_outpoint'))
    )
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alerts_acknowledged_at'), ['acknowledged_at'], unique=False)

    op.create_table('chain_gaps',
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('from_height', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('to_height', sa.Integer(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('network', 'from_height', name=op.f('pk_chain_gaps'))
    )
    with op.batch_alter_table('chain_states', schema=None) as batch_op:
        batch_op.add_column(sa.Column('node_height', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('rescan_next', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('rescan_until', sa.Integer(), nullable=True))

    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('verified_in', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_payments_network_height', ['network', 'height'], unique=False)
    op.create_index('ix_payments_settled_unconfirmed', 'payments', ['network'], unique=False,
                    sqlite_where=sa.text(LOST), postgresql_where=sa.text(LOST))
    op.execute("UPDATE payments SET settled_at = recorded_at, verified_in = COALESCE(block_hash, 'mempool') "
               "WHERE status = 'Settled'")

    with op.batch_alter_table('watched_transactions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('height', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=False,
                                      server_default=sa.func.current_timestamp()))
        batch_op.drop_index(batch_op.f('ix_watched_transactions_unconfirmed'))
    op.execute("UPDATE watched_transactions SET height = COALESCE((SELECT MAX(height) FROM payments "
               "WHERE payments.network = watched_transactions.network AND payments.txid = watched_transactions.txid), 0) "
               "WHERE NOT unconfirmed")
    with op.batch_alter_table('watched_transactions', schema=None) as batch_op:
        batch_op.drop_column('unconfirmed')
        batch_op.alter_column('waiting_since', server_default=None)
        batch_op.create_index(batch_op.f('ix_watched_transactions_height'), ['height'], unique=False)

    old = sa.text('SELECT network, prev_txid, prev_vout, txid FROM spent_outpoints')
    rows = [
        {'network': network, 'outpoint': bytes.fromhex(prev)[::-1] + vout.to_bytes(4, 'little'), 'txid': txid}
        for network, prev, vout, txid in op.get_bind().execute(old)
    ]
    op.drop_table('spent_outpoints')
    spent = op.create_table('spent_outpoints',
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('outpoint', sa.LargeBinary(), nullable=False),
    sa.Column('txid', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('network', 'outpoint', 'txid', name=op.f('pk_spent_outpoints'))
    )
    _fill(spent, rows)


def _fill(table, rows):
    with op.batch_alter_table('spent_outpoints', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_spent_outpoints_txid'), ['txid'], unique=False)
    for start in range(0, len(rows), BATCH):
        op.bulk_insert(table, rows[start : start + BATCH])


def downgrade():
    new = sa.text('SELECT network, outpoint, txid FROM spent_outpoints')
    rows = [
        {'network': network, 'prev_txid': bytes(outpoint[:32])[::-1].hex(),
         'prev_vout': int.from_bytes(outpoint[32:], 'little'), 'txid': txid}
        for network, outpoint, txid in op.get_bind().execute(new)
    ]
    op.drop_table('spent_outpoints')
    spent = op.create_table('spent_outpoints',
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('prev_txid', sa.String(), nullable=False),
    sa.Column('prev_vout', sa.Integer(), nullable=False),
    sa.Column('txid', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('network', 'prev_txid', 'prev_vout', 'txid', name=op.f('pk_spent_outpoints'))
    )
    _fill(spent, rows)

    with op.batch_alter_table('watched_transactions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watched_transactions_height'))
        batch_op.add_column(sa.Column('unconfirmed', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE watched_transactions SET unconfirmed = (height IS NULL)")
    with op.batch_alter_table('watched_transactions', schema=None) as batch_op:
        batch_op.alter_column('unconfirmed', server_default=None)
        batch_op.drop_column('height')
        batch_op.drop_column('waiting_since')
        batch_op.create_index(batch_op.f('ix_watched_transactions_unconfirmed'), ['unconfirmed'], unique=False)

    op.drop_index('ix_payments_settled_unconfirmed', 'payments')
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_index('ix_payments_network_height')
        batch_op.drop_column('settled_at')
        batch_op.drop_column('verified_in')

    with op.batch_alter_table('chain_states', schema=None) as batch_op:
        batch_op.drop_column('rescan_until')
        batch_op.drop_column('rescan_next')
        batch_op.drop_column('node_height')

    op.drop_table('chain_gaps')
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alerts_acknowledged_at'))

    op.drop_table('alerts')
