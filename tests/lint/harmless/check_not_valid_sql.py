"""A check for new rows.

on: postgresql
"""

from alembic import op

revision = "check_not_valid_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck_orders_total CHECK (total >= 0) NOT VALID")


def downgrade():
    op.drop_constraint("ck_orders_total", "orders")
