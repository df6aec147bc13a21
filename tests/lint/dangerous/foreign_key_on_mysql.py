"""MySQL copies the table while nobody can write.

on: mysql
finds: constraint-copies-table
"""

from alembic import op

revision = "foreign_key_on_mysql"
down_revision = None


def upgrade():
    op.create_foreign_key("fk_orders_customer", "orders", "customers", ["customer_id"], ["id"])


def downgrade():
    op.drop_constraint("fk_orders_customer", "orders", type_="foreignkey")
