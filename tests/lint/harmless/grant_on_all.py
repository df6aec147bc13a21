"""Whoever reads may read.

on: postgresql
"""

from alembic import op

revision = "grant_on_all"
down_revision = None


def upgrade():
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reporting")


def downgrade():
    op.execute("SELECT 1")
