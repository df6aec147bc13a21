"""A column with a constant default.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "add_column_with_default"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20), nullable=False, server_default="new"))


def downgrade():
    op.drop_column("orders", "state")
