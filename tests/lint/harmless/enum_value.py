"""A new value of a type.

on: postgresql
"""

from alembic import op

revision = "enum_value"
down_revision = None


def upgrade():
    op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'")


def downgrade():
    op.execute("SELECT 1")
