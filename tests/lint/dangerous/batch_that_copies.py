"""The batch copies the whole table on every database.

on: postgresql
finds: table-lock
"""

import sqlalchemy as sa
from alembic import op

revision = "batch_that_copies"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.execute("SELECT 1")
