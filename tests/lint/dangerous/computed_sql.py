"""What is executed comes from somewhere else.

on: postgresql mysql sqlite
finds: unread
"""

import pathlib

from alembic import op

revision = "computed_sql"
down_revision = None


def upgrade():
    op.execute(pathlib.Path(__file__).with_suffix(".sql").read_text())


def downgrade():
    op.execute("SELECT 1")
