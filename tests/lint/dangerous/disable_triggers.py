"""No foreign key is looked at until somebody enables them.

on: postgresql
finds: mixed-data-and-schema
"""

from alembic import op

revision = "disable_triggers"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders DISABLE TRIGGER ALL")
    op.execute("UPDATE orders SET customer_id = 1 WHERE customer_id IS NULL")


def downgrade():
    op.execute("SELECT 1")
