"""webhooks; what their deliveries say, and redeliveries

Revision ID: 0008
Revises: 0007

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

IS_IPN = sa.text("kind = 'ipn'")
HAS_BODY = sa.text("content IS NOT NULL")


def upgrade():
    with op.batch_alter_table('endpoints', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_endpoints_store_id_kind_url'), type_='unique')
    op.create_index('uq_endpoints_ipn', 'endpoints', ['store_id', 'url'], unique=True,
                    sqlite_where=IS_IPN, postgresql_where=IS_IPN)
    op.create_table('webhooks',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('endpoint_id', sa.Integer(), nullable=False),
    sa.Column('secret', sa.String(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('automatic_redelivery', sa.Boolean(), nullable=False),
    sa.Column('everything', sa.Boolean(), nullable=False),
    sa.Column('specific_events', sa.JSON(), nullable=False),
    sa.Column('by_hand', sa.Boolean(), nullable=False),
    sa.Column('replaced_by', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['endpoint_id'], ['endpoints.id'], name=op.f('fk_webhooks_endpoint_id')),
    sa.ForeignKeyConstraint(['replaced_by'], ['webhooks.id'], name=op.f('fk_webhooks_replaced_by')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_webhooks_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhooks')),
    sa.UniqueConstraint('endpoint_id', name=op.f('uq_webhooks_endpoint_id'))
    )
    op.create_index(op.f('ix_webhooks_store_id'), 'webhooks', ['store_id'], unique=False)
    op.add_column('deliveries', sa.Column('content', sa.Text(), nullable=True))
    op.add_column('deliveries', sa.Column('first_attempt_id', sa.String(), nullable=True))
    op.add_column('deliveries', sa.Column('next_attempt_id', sa.String(), nullable=True))
    op.add_column('deliveries', sa.Column('redelivery_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_deliveries_bodies', 'deliveries', ['created_at'], unique=False,
                    sqlite_where=HAS_BODY, postgresql_where=HAS_BODY)
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('webhook_id', sa.String(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_attempts_webhook_id'), 'webhooks', ['webhook_id'], ['id'])
        batch_op.create_index('ix_attempts_webhook_started', ['webhook_id', 'started_at'], unique=False)


def downgrade():
    forget_webhooks(op.get_bind())
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.drop_index('ix_attempts_webhook_started')
        batch_op.drop_constraint(batch_op.f('fk_attempts_webhook_id'), type_='foreignkey')
        batch_op.drop_column('webhook_id')
    op.drop_index('ix_deliveries_bodies', table_name='deliveries', sqlite_where=HAS_BODY, postgresql_where=HAS_BODY)
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        for name in ('redelivery_at', 'next_attempt_id', 'first_attempt_id', 'content'):
            batch_op.drop_column(name)
    op.drop_table('webhooks')
    op.drop_index('uq_endpoints_ipn', table_name='endpoints', sqlite_where=IS_IPN, postgresql_where=IS_IPN)
    with op.batch_alter_table('endpoints', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f('uq_endpoints_store_id_kind_url'), ['store_id', 'kind', 'url'])


def forget_webhooks(connection):
    """An older version knows no webhooks, and would send them what it sends to IPN targets."""
    for statement in (
        "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE shape = 'webhook')",
        "DELETE FROM deliveries WHERE shape = 'webhook'",
        "DELETE FROM webhooks",
        "DELETE FROM endpoints WHERE kind = 'webhook'",
    ):
        connection.execute(sa.text(statement))
