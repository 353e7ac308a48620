"""marks of address indexes, scans of wallets, stray outputs

Revision ID: 0005
Revises: 0004

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('wallets', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mark_id', sa.String(), nullable=True))

    op.create_table('wallet_scans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wallet_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('progress_percent', sa.Integer(), nullable=False),
    sa.Column('range_end', sa.Integer(), nullable=True),
    sa.Column('found_outputs', sa.Integer(), nullable=False),
    sa.Column('found_payments', sa.Integer(), nullable=False),
    sa.Column('message', sa.String(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['wallet_id'], ['wallets.id'], name=op.f('fk_wallet_scans_wallet_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wallet_scans'))
    )
    with op.batch_alter_table('wallet_scans', schema=None) as batch_op:
        batch_op.create_index('ix_wallet_scans_state_id', ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_wallet_scans_wallet_id'), ['wallet_id'], unique=False)

    op.create_table('stray_outputs',
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('txid', sa.String(), nullable=False),
    sa.Column('vout', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('wallet_id', sa.Integer(), nullable=False),
    sa.Column('address_index', sa.Integer(), nullable=False),
    sa.Column('value_sats', sa.BigInteger(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('block_hash', sa.String(), nullable=False),
    sa.Column('is_coinbase', sa.Boolean(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['wallet_id'], ['wallets.id'], name=op.f('fk_stray_outputs_wallet_id')),
    sa.PrimaryKeyConstraint('network', 'txid', 'vout', name=op.f('pk_stray_outputs'))
    )
    with op.batch_alter_table('stray_outputs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stray_outputs_wallet_id'), ['wallet_id'], unique=False)


def downgrade():
    with op.batch_alter_table('stray_outputs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stray_outputs_wallet_id'))

    op.drop_table('stray_outputs')
    with op.batch_alter_table('wallet_scans', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wallet_scans_wallet_id'))
        batch_op.drop_index('ix_wallet_scans_state_id')

    op.drop_table('wallet_scans')
    with op.batch_alter_table('wallets', schema=None) as batch_op:
        batch_op.drop_column('mark_id')
