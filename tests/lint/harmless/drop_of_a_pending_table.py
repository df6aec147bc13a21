"""What is not there yet is dropped.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_of_a_pending_table"
down_revision = "create_table"


def upgrade():
    op.drop_table("notes")


def downgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
