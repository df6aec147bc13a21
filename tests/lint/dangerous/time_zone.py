"""Every time is converted, and the table written anew.

on: postgresql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "time_zone"
down_revision = None


def upgrade():
    op.alter_column(
        "orders",
        "created_at",
        existing_type=sa.DateTime(),
        type_=sa.DateTime(timezone=True),
        existing_nullable=True,
    )


def downgrade():
    op.execute("SELECT 1")
