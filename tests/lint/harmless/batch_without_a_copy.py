"""A batch that never copies.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "batch_without_a_copy"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.execute("SELECT 1")
