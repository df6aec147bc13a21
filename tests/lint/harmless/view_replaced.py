"""A view is replaced.

on: postgresql mysql
"""

from alembic import op

revision = "view_replaced"
down_revision = None


def upgrade():
    op.execute("CREATE OR REPLACE VIEW open_orders AS SELECT * FROM orders WHERE state = 'open'")


def downgrade():
    op.execute("SELECT 1")
