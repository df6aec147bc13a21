"""A policy on a table of this revision.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "policy"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("tenant", sa.Text))
    op.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY of_tenant ON notes USING (tenant = current_setting('app.tenant'))")


def downgrade():
    op.execute("SELECT 1")
