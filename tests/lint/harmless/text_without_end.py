"""A text without an end.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "text_without_end"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.VARCHAR(length=50), type_=sa.Text())


def downgrade():
    op.execute("SELECT 1")
