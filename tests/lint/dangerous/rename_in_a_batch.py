"""A column gets another name in a batch.

on: postgresql mysql sqlite
finds: rename-column
"""

import sqlalchemy as sa
from alembic import op

revision = "rename_in_a_batch"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.alter_column("note", new_column_name="remark", existing_type=sa.Text(), existing_nullable=True)


def downgrade():
    op.execute("SELECT 1")
