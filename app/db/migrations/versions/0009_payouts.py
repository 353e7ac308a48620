"""pull payments, payouts, the outputs that pay them

Revision ID: 0009
Revises: 0007

"""
from alembic import op
import sqlalchemy as sa

revision = '0009'
down_revision = "0008"
branch_labels = None
depends_on = None

WATCHED = 'watched'
PSBT_DUE = 'psbt_due_at IS NOT NULL'


def upgrade():
    op.create_table('pull_payments',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('invoice_id', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('description', sa.String(), nullable=False),
    sa.Column('amount', sa.Text(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('bolt11_expiration_days', sa.Integer(), nullable=False),
    sa.Column('auto_approve_claims', sa.Boolean(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('archived', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_pull_payments_invoice_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_pull_payments_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pull_payments'))
    )
    with op.batch_alter_table('pull_payments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pull_payments_invoice_id'), ['invoice_id'], unique=False)
        batch_op.create_index('ix_pull_payments_store_created', ['store_id', 'created_at'], unique=False)

    op.create_table('payouts',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('pull_payment_id', sa.String(), nullable=True),
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('destination', sa.String(), nullable=False),
    sa.Column('script_pubkey', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('original_amount', sa.Text(), nullable=False),
    sa.Column('original_currency', sa.String(), nullable=False),
    sa.Column('value_sats', sa.BigInteger(), nullable=True),
    sa.Column('rate', sa.Text(), nullable=True),
    sa.Column('rate_source', sa.String(), nullable=True),
    sa.Column('marked', sa.String(), nullable=True),
    sa.Column('payment_proof', sa.Text(), nullable=True),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_height', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('watched', sa.Boolean(), nullable=False),
    sa.Column('psbt_state', sa.String(), nullable=True),
    sa.Column('psbt_message', sa.String(), nullable=False),
    sa.Column('psbt', sa.String(), nullable=True),
    sa.Column('psbt_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('psbt_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['pull_payment_id'], ['pull_payments.id'], name=op.f('fk_payouts_pull_payment_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_payouts_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payouts'))
    )
    with op.batch_alter_table('payouts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payouts_pull_payment_id'), ['pull_payment_id'], unique=False)
        batch_op.create_index('ix_payouts_store_created', ['store_id', 'created_at'], unique=False)
        batch_op.create_index(
            'ix_payouts_watched_script',
            ['network', 'script_pubkey'],
            unique=False,
            sqlite_where=sa.text(WATCHED),
            postgresql_where=sa.text(WATCHED),
        )
        batch_op.create_index(
            'ix_payouts_psbt_due',
            ['psbt_due_at'],
            unique=False,
            sqlite_where=sa.text(PSBT_DUE),
            postgresql_where=sa.text(PSBT_DUE),
        )

    op.create_table('payout_outputs',
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('txid', sa.String(), nullable=False),
    sa.Column('vout', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('script_pubkey', sa.LargeBinary(), nullable=False),
    sa.Column('value_sats', sa.BigInteger(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_height', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('block_hash', sa.String(), nullable=True),
    sa.Column('conflicted_by', sa.String(), nullable=True),
    sa.Column('at_risk', sa.Boolean(), nullable=False),
    sa.Column('payout_id', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['payout_id'], ['payouts.id'], name=op.f('fk_payout_outputs_payout_id')),
    sa.PrimaryKeyConstraint('network', 'txid', 'vout', name=op.f('pk_payout_outputs')),
    sa.UniqueConstraint('payout_id', name=op.f('uq_payout_outputs_payout_id'))
    )
    with op.batch_alter_table('payout_outputs', schema=None) as batch_op:
        batch_op.create_index('ix_payout_outputs_block', ['block_hash'], unique=False)
        batch_op.create_index('ix_payout_outputs_script', ['network', 'script_pubkey'], unique=False)


def downgrade():
    op.drop_table('payout_outputs')
    op.drop_table('payouts')
    op.drop_table('pull_payments')
