"""Several columns in a batch.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "add_columns_in_a_batch"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text))
        batch_op.add_column(sa.Column("remark", sa.Text))


def downgrade():
    op.drop_column("orders", "note")
