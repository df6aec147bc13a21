"""The application sees no row any more until a policy lets it.

on: postgresql
finds: access
"""

from alembic import op

revision = "row_level_security"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ENABLE ROW LEVEL SECURITY")


def downgrade():
    op.execute("SELECT 1")
