"""A text becomes a number, value by value.

on: postgresql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "type_by_using"
down_revision = None


def upgrade():
    op.alter_column(
        "orders",
        "total",
        existing_type=sa.String(20),
        type_=sa.Numeric(10, 2),
        postgresql_using="total::numeric(10,2)",
    )


def downgrade():
    op.execute("SELECT 1")
