"""A column may be empty from now on.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_not_null"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.Text(), nullable=True)


def downgrade():
    op.execute("SELECT 1")
