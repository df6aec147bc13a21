"""A text that may be longer; the statement does not tell what it was.

on: postgresql
false: type-change
"""

from alembic import op

revision = "longer_text_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ALTER COLUMN note TYPE text")


def downgrade():
    op.execute("SELECT 1")
