"""Words that are no statement.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "literals_and_comments"
down_revision = None


def upgrade():
    op.execute("INSERT INTO notes (text) VALUES ('it''s; DROP TABLE orders')  -- TRUNCATE orders")
    op.execute("/* DELETE FROM orders */ SELECT 1 FROM orders")


def downgrade():
    op.execute("DELETE FROM notes WHERE text LIKE 'it%'")
