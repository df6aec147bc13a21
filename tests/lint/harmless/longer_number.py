"""A number with more digits before the point, which PostgreSQL does not write anew.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "longer_number"
down_revision = None


def upgrade():
    op.alter_column("orders", "total", existing_type=sa.Numeric(10, 2), type_=sa.Numeric(12, 2))


def downgrade():
    op.execute("SELECT 1")
