"""A column gets another name.

on: postgresql mysql sqlite
finds: rename-column
"""

import sqlalchemy as sa
from alembic import op

revision = "rename_column"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.Text(), new_column_name="remark")


def downgrade():
    op.alter_column("orders", "remark", existing_type=sa.Text(), new_column_name="note")
