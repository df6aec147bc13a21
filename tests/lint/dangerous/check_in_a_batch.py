"""Every row is looked at, in a batch.

on: postgresql
finds: check-without-not-valid
"""

import sqlalchemy as sa
from alembic import op

revision = "check_in_a_batch"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.create_check_constraint("ck_orders_total", sa.column("total") >= 0)


def downgrade():
    op.execute("SELECT 1")
