"""A foreign key is dropped for good.

on: postgresql mysql
finds: drop-constraint
"""

from alembic import op

revision = "drop_constraint"
down_revision = None


def upgrade():
    op.drop_constraint("fk_orders_customer", "orders", type_="foreignkey")


def downgrade():
    op.create_foreign_key("fk_orders_customer", "orders", "customers", ["customer_id"], ["id"])
