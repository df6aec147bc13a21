"""A key whose rows are not looked at, as the finding says it.

on: mysql
"""

from alembic import op

revision = "foreign_key_unchecked_on_mysql"
down_revision = None


def upgrade():
    op.execute("SET foreign_key_checks = 0")
    op.create_foreign_key("fk_orders_customer", "orders", "customers", ["customer_id"], ["id"])
    op.execute("SET foreign_key_checks = 1")


def downgrade():
    op.execute("SELECT 1")
