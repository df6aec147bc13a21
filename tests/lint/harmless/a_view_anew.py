"""A view is made anew.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "a_view_anew"
down_revision = None


def upgrade():
    op.execute("DROP VIEW IF EXISTS open_orders")
    op.execute("CREATE VIEW open_orders AS SELECT * FROM orders WHERE open")


def downgrade():
    op.execute("DROP VIEW open_orders")
