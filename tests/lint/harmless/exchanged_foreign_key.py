"""A key is replaced by one that is checked later.

on: postgresql
"""

from alembic import op

revision = "exchanged_foreign_key"
down_revision = None


def upgrade():
    op.drop_constraint("fk_orders_customer", "orders", type_="foreignkey")
    op.create_foreign_key(
        "fk_orders_customer",
        "orders",
        "customers",
        ["customer_id"],
        ["id"],
        ondelete="CASCADE",
        postgresql_not_valid=True,
    )


def downgrade():
    op.drop_constraint("fk_orders_customer", "orders")
