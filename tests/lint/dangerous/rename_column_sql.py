"""The same in SQL.

on: postgresql mysql sqlite
finds: rename-column
"""

from alembic import op

revision = "rename_column_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders RENAME COLUMN note TO remark")


def downgrade():
    op.execute("ALTER TABLE orders RENAME COLUMN remark TO note")
