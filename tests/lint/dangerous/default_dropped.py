"""A required column loses the default that the running application relies on.

on: postgresql mysql sqlite
misses: whether a column without a default is required
"""

from alembic import op

revision = "default_dropped"
down_revision = None


def upgrade():
    op.alter_column("orders", "state", server_default=None)


def downgrade():
    op.alter_column("orders", "state", server_default="new")
