"""A constraint builds its index, in a batch.

on: postgresql
finds: unique-without-index
"""

from alembic import op

revision = "unique_in_a_batch"
down_revision = None


def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_users_email"), ["email"])


def downgrade():
    op.execute("SELECT 1")
