"""A default of Python is not one of the database.

on: postgresql mysql sqlite
finds: not-null-without-default
"""

import sqlalchemy as sa
from alembic import op

revision = "default_of_python"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("is_paid", sa.Boolean(), default=False, nullable=False))


def downgrade():
    op.execute("SELECT 1")
