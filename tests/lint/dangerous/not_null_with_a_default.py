"""A default is for new rows; those that are there may have NULL.

on: postgresql mysql sqlite
finds: set-not-null
"""

import sqlalchemy as sa
from alembic import op

revision = "not_null_with_a_default"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("state", existing_type=sa.String(20), server_default="new", nullable=False)


def downgrade():
    op.execute("SELECT 1")
