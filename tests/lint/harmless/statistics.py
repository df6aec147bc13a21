"""What the planner knows.

on: postgresql
"""

from alembic import op

revision = "statistics"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ALTER COLUMN customer_id SET STATISTICS 1000")
    op.execute("ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.02)")
    op.execute("ANALYZE orders")


def downgrade():
    op.execute("SELECT 1")
