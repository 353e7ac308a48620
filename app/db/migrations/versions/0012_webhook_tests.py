"""tests of webhooks that people ask for

Revision ID: 0012
Revises: 0011

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

WAITS = sa.text("started_at IS NULL")


def upgrade():
    op.create_table('webhook_tests',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('webhook_id', sa.String(), nullable=False),
    sa.Column('type', sa.String(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('http_status', sa.Integer(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhooks.id'], name=op.f('fk_webhook_tests_webhook_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_tests'))
    )
    op.create_index('ix_webhook_tests_webhook_id', 'webhook_tests', ['webhook_id'], unique=False)
    op.create_index('ix_webhook_tests_waiting', 'webhook_tests', ['id'], unique=False,
                    sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade():
    op.drop_index('ix_webhook_tests_waiting', table_name='webhook_tests', sqlite_where=WAITS, postgresql_where=WAITS)
    op.drop_index('ix_webhook_tests_webhook_id', table_name='webhook_tests')
    op.drop_table('webhook_tests')
