"""An index gets another name.

on: postgresql
"""

from alembic import op

revision = "rename_an_index"
down_revision = None


def upgrade():
    op.execute("ALTER INDEX ix_orders_a RENAME TO ix_orders_b")
    op.execute("ALTER TABLE orders RENAME CONSTRAINT fk_a TO fk_b")


def downgrade():
    op.execute("SELECT 1")
