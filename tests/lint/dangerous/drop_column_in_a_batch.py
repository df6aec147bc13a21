"""The same in a batch, as for SQLite.

on: postgresql mysql sqlite
finds: drop-column
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_column_in_a_batch"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("note")


def downgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
