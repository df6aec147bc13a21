"""A default for new rows.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "set_default"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", server_default="")


def downgrade():
    op.alter_column("orders", "note", server_default=None)
