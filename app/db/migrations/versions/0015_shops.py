"""the WooCommerce shops that stores are connected to

Revision ID: 0015
Revises: 0014

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

WORKED_ON = sa.text("state IN ('looking', 'trying')")


def upgrade():
    op.create_table('shops',
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('home_url', sa.String(), nullable=False),
    sa.Column('root_url', sa.String(), nullable=False),
    sa.Column('named_root_url', sa.String(), nullable=False),
    sa.Column('auth', sa.String(), nullable=False),
    sa.Column('plain_permalinks', sa.Boolean(), nullable=False),
    sa.Column('sealed_key', sa.String(), nullable=False),
    sa.Column('key_ending', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('connected_by', sa.String(), nullable=True),
    sa.Column('on_hold_at_sight', sa.Boolean(), nullable=True),
    sa.Column('cancel_expired', sa.Boolean(), nullable=False),
    sa.Column('grace_seconds', sa.Integer(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('facts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hook_id', sa.BigInteger(), nullable=True),
    sa.Column('sealed_hook_secret', sa.String(), nullable=True),
    sa.Column('hook_checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hook_heard_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_ok_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('trouble_kind', sa.String(), nullable=True),
    sa.Column('trouble_says', sa.String(), nullable=True),
    sa.Column('polled_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('check_wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('check_started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('findings', sa.JSON(), nullable=True),
    sa.Column('findings_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_shops_store_id')),
    sa.ForeignKeyConstraint(['connected_by'], ['users.id'], name=op.f('fk_shops_connected_by')),
    sa.PrimaryKeyConstraint('store_id', name=op.f('pk_shops'))
    )
    op.create_table('shop_connects',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('home_url', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('found', sa.JSON(), nullable=True),
    sa.Column('token_sha256', sa.String(), nullable=True),
    sa.Column('sealed_key', sa.String(), nullable=True),
    sa.Column('trouble_kind', sa.String(), nullable=True),
    sa.Column('trouble_says', sa.String(), nullable=True),
    sa.Column('trouble_remedy', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_shop_connects_store_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_shop_connects_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shop_connects')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_shop_connects_token_sha256'))
    )
    op.create_index('ix_shop_connects_store_id', 'shop_connects', ['store_id'], unique=False)
    op.create_index('ix_shop_connects_worked_on', 'shop_connects', ['asked_at'], unique=False,
                    sqlite_where=WORKED_ON, postgresql_where=WORKED_ON)


def downgrade():
    op.drop_index('ix_shop_connects_worked_on', table_name='shop_connects', sqlite_where=WORKED_ON,
                  postgresql_where=WORKED_ON)
    op.drop_index('ix_shop_connects_store_id', table_name='shop_connects')
    op.drop_table('shop_connects')
    op.drop_table('shops')
