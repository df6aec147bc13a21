"""A foreign key for new rows.

on: postgresql
"""

from alembic import op

revision = "foreign_key_not_valid"
down_revision = None


def upgrade():
    op.create_foreign_key("fk_customer", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True)


def downgrade():
    op.drop_constraint("fk_orders_customer", "orders")
