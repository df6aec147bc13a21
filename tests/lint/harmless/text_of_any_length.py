"""A text without a length from now on.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "text_of_any_length"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.alter_column(
            "note", existing_type=sa.VARCHAR(length=255), type_=sa.Text(), existing_nullable=True
        )


def downgrade():
    op.execute("SELECT 1")
