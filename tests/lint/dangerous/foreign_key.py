"""Every row is looked up while nobody can write.

on: postgresql
finds: foreign-key-without-not-valid
"""

from alembic import op

revision = "foreign_key"
down_revision = None


def upgrade():
    op.create_foreign_key("fk_orders_customer", "orders", "customers", ["customer_id"], ["id"])


def downgrade():
    op.drop_constraint("fk_orders_customer", "orders")
