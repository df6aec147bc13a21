"""The same in SQL.

on: postgresql
finds: foreign-key-without-not-valid
"""

from alembic import op

revision = "foreign_key_sql"
down_revision = None


def upgrade():
    op.execute(
        "ALTER TABLE ONLY orders ADD CONSTRAINT fk_orders_customer "
        "FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE"
    )


def downgrade():
    op.drop_constraint("fk_orders_customer", "orders")
