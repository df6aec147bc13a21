"""The same as one of several actions of one statement.

on: postgresql mysql sqlite
finds: drop-column
"""

from alembic import op

revision = "drop_column_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN remark text, DROP COLUMN note")


def downgrade():
    op.execute("SELECT 1")
