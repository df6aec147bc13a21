"""What is executed stands in another file.

on: postgresql mysql sqlite
finds: unread
"""

from pathlib import Path

from alembic import op

revision = "sql_file"
down_revision = None


def upgrade():
    op.execute((Path(__file__).parent / "orders.sql").read_text())


def downgrade():
    op.execute("SELECT 1")
