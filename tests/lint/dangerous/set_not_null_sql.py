"""The same in SQL.

on: postgresql
finds: set-not-null
"""

from alembic import op

revision = "set_not_null_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ALTER COLUMN note SET NOT NULL")


def downgrade():
    op.execute("ALTER TABLE orders ALTER COLUMN note DROP NOT NULL")
