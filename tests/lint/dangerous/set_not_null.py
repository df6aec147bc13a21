"""A column with rows is made NOT NULL.

on: postgresql mysql sqlite
finds: set-not-null
"""

import sqlalchemy as sa
from alembic import op

revision = "set_not_null"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.Text(), nullable=False)


def downgrade():
    op.alter_column("orders", "note", existing_type=sa.Text(), nullable=True)
