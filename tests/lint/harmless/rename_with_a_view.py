"""The old name stays as a view.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "rename_with_a_view"
down_revision = None


def upgrade():
    op.rename_table("orders", "purchases")
    op.execute("CREATE VIEW orders AS SELECT * FROM purchases")


def downgrade():
    op.execute("DROP VIEW orders")
    op.rename_table("purchases", "orders")
