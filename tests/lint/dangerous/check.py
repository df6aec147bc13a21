"""Every row is looked at while nobody can read.

on: postgresql
finds: check-without-not-valid
"""

from alembic import op

revision = "check"
down_revision = None


def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0")


def downgrade():
    op.drop_constraint("ck_orders_total", "orders")
