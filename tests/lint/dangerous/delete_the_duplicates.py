"""Rows are deleted so that a constraint fits, in one revision.

on: postgresql
finds: mixed-data-and-schema unique-without-index
"""

from alembic import op

revision = "delete_the_duplicates"
down_revision = None


def upgrade():
    op.execute("DELETE FROM users a USING users b WHERE a.id > b.id AND a.email = b.email")
    op.create_unique_constraint("uq_users_email", "users", ["email"])


def downgrade():
    op.execute("SELECT 1")
