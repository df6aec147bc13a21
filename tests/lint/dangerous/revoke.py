"""The application that still runs may not ask for the table any more.

on: postgresql mysql
finds: access
"""

from alembic import op

revision = "revoke"
down_revision = None


def upgrade():
    op.execute("REVOKE ALL PRIVILEGES ON orders FROM app")


def downgrade():
    op.execute("SELECT 1")
