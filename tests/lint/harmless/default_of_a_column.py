"""New rows get a value.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "default_of_a_column"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("state", existing_type=sa.String(20), existing_nullable=True, server_default="new")


def downgrade():
    op.execute("SELECT 1")
