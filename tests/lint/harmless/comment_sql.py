"""What a table is for, in SQL.

on: postgresql
"""

from alembic import op

revision = "comment_sql"
down_revision = None


def upgrade():
    op.execute("COMMENT ON TABLE orders IS 'what was bought'")


def downgrade():
    op.execute("SELECT 1")
