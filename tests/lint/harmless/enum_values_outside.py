"""Several values, each only where it is not there.

on: postgresql
"""

from alembic import op

revision = "enum_values_outside"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE status ADD VALUE IF NOT EXISTS 'archived'")
        op.execute("ALTER TYPE status ADD VALUE IF NOT EXISTS 'deleted'")


def downgrade():
    op.execute("SELECT 1")
