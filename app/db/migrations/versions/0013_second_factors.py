"""second factors, and sign-ins that still wait for one

Revision ID: 0013
Revises: 0012

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('second_factors',
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('secret', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=True),
    sa.Column('wrong', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_second_factors_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_second_factors'))
    )
    op.create_table('recovery_codes',
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('code_sha256', sa.String(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recovery_codes_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'code_sha256', name=op.f('pk_recovery_codes'))
    )
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.add_column(sa.Column('awaits_code', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    # who has given no code yet is not signed in, and an older version would not know
    op.execute(sa.text("DELETE FROM sign_ins WHERE awaits_code"))
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.drop_column('awaits_code')
    op.drop_table('recovery_codes')
    op.drop_table('second_factors')
