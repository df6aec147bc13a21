"""A schema with all that is in it.

on: postgresql
finds: drop-schema
"""

from alembic import op

revision = "drop_schema"
down_revision = None


def upgrade():
    op.execute("DROP SCHEMA reporting CASCADE")


def downgrade():
    op.execute("SELECT 1")
