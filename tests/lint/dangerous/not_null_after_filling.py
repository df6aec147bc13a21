"""A column is added, filled and made required in one revision.

on: postgresql mysql sqlite
finds: mixed-data-and-schema set-not-null update-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "not_null_after_filling"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20), nullable=True))
    op.execute("UPDATE orders SET state = 'new'")
    op.alter_column("orders", "state", existing_type=sa.String(20), nullable=False)


def downgrade():
    op.execute("SELECT 1")
