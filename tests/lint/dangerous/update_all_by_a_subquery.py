"""Every row; the only condition is one of a subquery.

on: postgresql mysql sqlite
finds: update-without-where
"""

from alembic import op

revision = "update_all_by_a_subquery"
down_revision = None


def upgrade():
    op.execute("""
        UPDATE orders SET total = (
            SELECT SUM(items.price) FROM items WHERE items.order_id = orders.id
        )
    """)


def downgrade():
    op.execute("SELECT 1")
