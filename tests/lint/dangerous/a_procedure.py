"""A block that may do anything.

on: postgresql
finds: unread
"""

from alembic import op

revision = "a_procedure"
down_revision = None


def upgrade():
    op.execute("DO $$ BEGIN PERFORM purge(); END $$")


def downgrade():
    op.execute("SELECT 1")
