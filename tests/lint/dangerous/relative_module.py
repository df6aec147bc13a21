"""A module beside the scripts does it.

on: postgresql mysql sqlite
finds: unread
"""

from alembic import op

from .helpers import drop_notes

revision = "relative_module"
down_revision = None


def upgrade():
    drop_notes()


def downgrade():
    op.execute("SELECT 1")
